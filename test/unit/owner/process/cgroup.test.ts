import { describe, expect, it } from 'vitest'
import { placeOf } from '../../../../src/owner/process/cgroup.ts'

const id = '0123456789abcdef'.repeat(4)

describe('placeOf', () => {
  it.each([
    ['a service', '0::/system.slice/ssh.service\n', 'ssh.service', null],
    ['a service below a user', '0::/user.slice/user-1000.slice/user@1000.service/app.slice/gpg.service\n', 'gpg.service', null],
    ['a session', '0::/user.slice/user-0.slice/session-3.scope\n', 'session-3.scope', null],
    ['an escaped name', '0::/system.slice/dev-disk\\x2dby.service\n', 'dev-disk\\x2dby.service', null],
    ['version 1', '9:name=systemd:/system.slice/cron.service\n8:pids:/system.slice\n0::/\n', 'cron.service', null],
    ['Docker with systemd', `0::/system.slice/docker-${id}.scope\n`, `docker-${id}.scope`, id],
    ['Docker without', `4:memory:/docker/${id}\n0::/\n`, null, id],
    ['Kubernetes', `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`, `cri-containerd-${id}.scope`, id],
    ['no group at all', '0::/\n', null, null],
    ['nothing', '', null, null],
  ])('reads %s', (_, text, unit, container) => {
    expect(placeOf(text)).toEqual({ unit, container })
  }) // prettier-ignore

  it('takes nothing for a unit that systemd would not call one', () => {
    for (const name of ['a b.service', 'x\u001b[2J.service', `${'u'.repeat(300)}.service`]) {
      expect(placeOf(`0::/system.slice/${name}\n`).unit).toBeNull()
    }
  })
})
