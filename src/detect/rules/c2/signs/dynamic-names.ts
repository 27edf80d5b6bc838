/** Names that anybody can have in a minute and point at his own machine: dynamic DNS and public tunnels. */

/** Registrable names of the services; innocent people use them too, so they are a sign and no proof. */
const SERVICES: ReadonlySet<string> = new Set([
  'duckdns.org', 'ddns.net', 'no-ip.org', 'no-ip.com', 'no-ip.biz', 'no-ip.info', 'noip.me', 'hopto.org', 'zapto.org',
  'sytes.net', 'myftp.org', 'myftp.biz', 'myvnc.com', 'redirectme.net', 'servebeer.com', 'serveblog.net',
  'servecounterstrike.com', 'serveftp.com', 'servegame.com', 'servehalflife.com', 'servehttp.com', 'serveirc.com',
  'serveminecraft.net', 'servemp3.com', 'servepics.com', 'servequake.com', '3utilities.com', 'bounceme.net',
  'freedynamicdns.net', 'freedynamicdns.org', 'gotdns.ch', 'webhop.me', 'webhop.org', 'ddnsking.com', 'ddns.me',
  'onthewifi.com', 'viewdns.net', 'myddns.me', 'dynu.net', 'dynu.com', 'accesscam.org', 'camdvr.org',
  'casacam.net', 'ddnsfree.com', 'ddnsgeek.com', 'freeddns.org', 'giize.com', 'gleeze.com', 'kozow.com',
  'loseyourip.com', 'mywire.org', 'ooguy.com', 'theworkpc.com', 'webredirect.org', 'dyndns.org', 'dyndns.biz',
  'dyndns.info', 'dyndns.tv', 'dyndns-ip.com', 'homeip.net', 'mine.nu', 'ath.cx', 'dnsalias.com', 'dnsdojo.com',
  'gotdns.com', 'homelinux.org', 'is-a-geek.com', 'selfip.com', 'selfip.net', 'selfip.org', 'servebbs.org',
  'changeip.org', 'changeip.net', 'ddns.info', 'ddns.us', 'dns1.us', 'dns2.us', 'dynamic-dns.net', 'dynamicdns.biz',
  'freewww.biz', 'itemdb.com', 'jkub.com', 'lflink.com', 'mefound.com', 'moneyhome.biz', 'mrbonus.com', 'my03.com',
  'mylftv.com', 'mynumber.org', 'ns01.biz', 'ns01.info', 'ns01.us', 'ns02.biz', 'ns02.info', 'ns02.us', 'ocry.com',
  'onmypc.net', 'organiccrap.com', 'otzo.com', 'port25.biz', 'proxydns.com', 'qhigh.com', 'qpoe.com', 'sexidude.com',
  'toythieves.com', 'trickip.net', 'trickip.org', 'vizvaz.com', 'wikaba.com', 'www1.biz', 'x24hr.com', 'xxuz.com',
  'youdontcare.com', 'yourtrap.com', 'zyns.com', 'zzux.com', '3322.org', '8866.org', '9966.org', '2288.org',
  '6600.org', '7766.org', '8800.org', 'f3322.net', 'f3322.org', 'gicp.net', 'vicp.net', 'vicp.cc', 'xicp.net',
  'oicp.net', 'chickenkiller.com', 'crabdance.com', 'ignorelist.com', 'jumpingcrab.com', 'mooo.com', 'strangled.net',
  'twilightparadox.com', 'us.to', 'dnsd.me', 'nsupdate.info', 'dtdns.net', 'dns.army', 'dns.navy', 'v6.army',
  'ngrok.io', 'ngrok-free.app', 'ngrok.app', 'serveo.net', 'portmap.io', 'portmap.host', 'portmap.com',
  'trycloudflare.com', 'localhost.run', 'lhr.life', 'loclx.io', 'localto.net', 'localtonet.com', 'ply.gg',
  'playit.gg', 'pagekite.me', 'at.remote.it',
]) // prettier-ignore

/** The service's own hosts, which tell an address or take a new one, are no customers'. */
const OWN_HOST =
  /^(?:www|checkip|ip|ipv[46]|myip|members|update|updates|api|dynupdate|nic|account|support)$/

/** Returns the service whose name the host's ends in; null when it is none. */
export function dynamicService(name: string | null): string | null {
  if (name === null) return null
  // No service has more than three labels.
  let at = name.length
  for (let labels = 1; labels <= 3 && at > 0; labels += 1) {
    at = name.lastIndexOf('.', at - 1)
    if (labels === 1) continue
    const ending = name.slice(at + 1)
    if (SERVICES.has(ending)) return at < 0 || OWN_HOST.test(name.slice(0, at)) ? null : ending
    if (at < 0) return null
  }
  return null
}
