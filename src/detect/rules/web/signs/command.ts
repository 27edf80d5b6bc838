/** Signs that a server is to run commands: shells in parameters, and exploits known by where they knock. */
import type { Sign } from './sign.ts'

export const COMMAND_GATE =
  /[;|&`$(){}\\<%]|\/cgi-bin\/|hnap|goform|boaform|gponform|level\/\d|invokefunction|eval-stdin|classloader|setup\.cgi|wget|curl|cmd|exec|powershell|\/bin\/|jmx|actuator|phpunit|\.action|shell|post_render|lazy_builder|jboss|\.cgi|\.ida|\.xml|\/upnp\/|\/ctrlt\/|\/msadc|\/scripts\/|\.exe|util\/bash|execute\(|@grab|asttest|\/totp\//

const PROGRAMS =
  '(?:id|whoami|uname|cat|ls|dir|wget|curl|nc|ncat|netcat|telnet|bash|sh|ash|ping|nslookup|echo|python\\d?|perl|php|ruby|powershell|cmd|net|ipconfig|ifconfig|type|tftp|chmod|rm|cd|ps|sleep|busybox|touch|certutil|systeminfo|netstat|passwd|cp|mkfifo)'

export const COMMAND_SIGNS: readonly Sign[] = [
  { name: 'shellshock', weight: 5, pattern: /\(\s*\)\s*\{\s*[^}]{0,64};?\s*\}\s*;/ },
  {
    name: 'commandAfterBreak',
    weight: 3,
    group: 'run',
    pattern: new RegExp(
      `(?:[;|\`\\n]|&&|\\|\\||\\\\u\\{a\\})\\s*(?:/(?:usr/)?s?bin/)?${PROGRAMS}(?=$|[\\s;|&\`<>)/.$]|\\\\u)`,
    ),
  },
  {
    name: 'commandSubstitution',
    weight: 3,
    group: 'run',
    pattern: new RegExp(`\\$\\(\\s*(?:/(?:usr/)?s?bin/)?${PROGRAMS}\\b`),
  },
  {
    name: 'breakWithArgument',
    weight: 1,
    pattern: new RegExp(
      `(?:[;|\`]|&&)\\s*${PROGRAMS}\\s+(?:-|/|\\.|\\w*[\\d./\\\\:]|user\\b|view\\b|localgroup\\b|%)`,
    ),
  },
  {
    name: 'breakIsAll',
    weight: 1,
    pattern: new RegExp(
      `^(?:[\\d.:]{0,40}|localhost|(?:[\\w-]+\\.)+[\\w-]+)\\s*(?:[;|\`]|&&)\\s*(?:id|whoami|ls|dir|uname(?: -a)?|ipconfig|ifconfig|ps|pwd)\\s*[;|\`#]?$`,
    ),
  },
  {
    name: 'substitutionIsAll',
    weight: 1,
    pattern: new RegExp(`^[\\w.:-]{0,64}(?:\\$\\(|\`)${PROGRAMS}\\b[^)\`]{0,64}[)\`]$`),
  },
  {
    // A camera's or router's setting that is a command.
    name: 'substitutionInTag',
    weight: 2,
    where: ['document'],
    pattern: new RegExp(
      `>\\s*(?:\\$\\(|\`)\\s*(?:/(?:usr/)?s?bin/)?${PROGRAMS}\\b[^<]{0,200}[)\`]\\s*<`,
    ),
  },
  {
    name: 'downloads',
    weight: 3,
    pattern:
      /\b(?:wget|curl|tftp|fetch|certutil|bitsadmin)(?:\s|\$\{?ifs\}?|%20)+[^\s]{0,80}(?:https?:|ftp:|\d{1,3}(?:\.\d{1,3}){3}|-[a-z])/,
  },
  {
    name: 'runsDownload',
    weight: 2,
    pattern: /(?:\||;|&&)\s*(?:chmod\s|(?:ba)?sh\b|\.\/|perl\b|python)/,
  },
  { name: 'temporary', weight: 1, pattern: /\/(?:tmp|var\/tmp|dev\/shm|var\/run)\b/ },
  {
    name: 'shellPath',
    weight: 2,
    pattern:
      /\/bin\/(?:ba|da|a|c|z)?sh\b|\bcmd(?:\.exe)?\s+\/c\b|powershell(?:\.exe)?\s+-(?:e|enc|nop|w|c|exec)/,
  },
  { name: 'fieldSeparator', weight: 3, pattern: /\$\{?ifs\}?/ },
  {
    name: 'reverseShell',
    weight: 4,
    pattern: /\/dev\/tcp\/[\w.]+\/\d+|\bnc\s+-?[\w\s.-]{0,40}-e\s|bash\s+-i\s*>&|mkfifo\s/,
  },
  {
    name: 'objectGraph',
    weight: 4,
    pattern:
      /#_memberaccess|#context\[|@java\.lang\.(?:runtime|processbuilder)|java\.lang\.runtime.{0,40}(?:exec|getruntime)|@ognl\.|getclass\(\)\.forname|#\{?request\.getclass|processbuilder\s*\(|allowstaticmethodaccess|scriptenginemanager|freemarker\.template\.utility/,
  },
  {
    name: 'serverTemplate',
    weight: 4,
    pattern:
      /\{\{\s*(?:\d+\s*\*\s*\d+|['"]{2}\.__class__|config\.|self\.__|request\.application|cycler\.|lipsum\.)|\$\{\s*\d+\s*\*\s*\d+\s*\}|\$\{(?:@|t\(|#|class\.|script:|url:|dns:)/,
  },
  {
    name: 'springClassLoader',
    weight: 5,
    pattern: /class\.module\.classloader|spring\.cloud\.function\.routing-expression/,
  },
  {
    name: 'renderCallback',
    weight: 5,
    pattern: /\[#(?:post_render|pre_render|lazy_builder|access_callback)\]/,
  },
  {
    name: 'deploysByConsole',
    weight: 4,
    where: ['parameter'],
    pattern: /^jboss\.\w+:service=(?:maindeployer|deploymentfilerepository|bshdeployer)/,
  },
  {
    name: 'phpFramework',
    weight: 5,
    pattern:
      /(?:\\+think|think\\+app|invokefunction.{0,40}call_user_func|call_user_func_array.{0,60}(?:system|exec|eval|phpinfo|md5))/,
  },
  {
    name: 'phpSettings',
    weight: 4,
    pattern:
      /(?:allow_url_include|auto_prepend_file|safe_mode|disable_functions)\s*=\s*(?:on|off|1|php:)/,
  },
  {
    name: 'phpCall',
    weight: 3,
    pattern: /\b(?:system|shell_exec|passthru|popen|proc_open|assert|exec)\s*\(\s*['"$]/,
  },
  { name: 'phpEnd', weight: 1, pattern: /\)\s*;\s*(?:exit|die)\b/ },
  { name: 'phpUnit', weight: 5, where: ['path'], pattern: /phpunit\/.{0,40}eval-stdin\.php/ },
  {
    name: 'routerPage',
    weight: 5,
    where: ['path'],
    pattern:
      /\/level\/(?:1[6-9]|[2-9]\d)\/exec\b|\/gponform\/diag_form|\/tmunblock\.cgi|\/goform\/(?:_aslvl|set_limitclient_cfg|webcgi\w*cmd|formsysccmd)|\/hndunblock\.cgi|\/picdesc\.xml|\/wanipcn\.xml|\/upnp\/control\/wanipconn1|\/ctrlt\/deviceupgrade_1|\/boaform\/admin\/form(?:login|ping|tracert)|\/cgi-bin\/(?:\.{2}|%2e%2e|nobody\/search\.cgi|viewlog\.asp|mainfunction\.cgi|kerbynet)|\/soap\.cgi\?service=wanipconn|\/dnslookup\.cgi|\/command\.php$|\/\.\.\.\/winnt\/system32|\/scripts\/\.{2}|\/msadc\/\.{2}|\/default\.ida$|\/cmd\.exe$|\/root\.exe$|\/mgmt\/tm\/util\/bash$|\/api\/v1\/totp\/user-backup-code\/\.\./,
  },
  {
    name: 'routerCall',
    weight: 4,
    pattern:
      /todo=syscmd|next_file=.{0,40}syscmd|cmd=\/?(?:wget|tftp|busybox|cd |rm )|mac=.{0,40}\$\(|dest_host=.{0,20}[`;]/,
  },
  {
    name: 'shellParameter',
    weight: 4,
    where: ['path', 'parameter'],
    pattern: /^\/shell\?|^cd\s*\/tmp/,
  },
  {
    name: 'soapCommand',
    weight: 4,
    where: ['header', 'document'],
    pattern:
      /hnap1\/[`;]|purenetworks\.com\/hnap1\/.{0,24}[`;$]|<newinternalclient>[^<]{0,10}[`;$]|<newstatusurl>[^<]{0,10}[`;$]/,
  },
  {
    name: 'deserialises',
    weight: 4,
    pattern:
      /\bro0abx|aced0005|<(?:java|void|object)\s+(?:class|method)=["']java\.(?:lang|beans)|invoker\/jmxinvokerservlet|o:\d+:"[\w\\]{3,64}":\d+:\{/,
  },
  {
    name: 'groovy',
    weight: 4,
    where: ['parameter', 'body'],
    pattern:
      /"[^"\\]{1,200}"\.execute\(|['"]\]\.execute\(|@(?:groovy\.transform\.)?asttest|@grab(?:config)?\(/,
  },
  {
    name: 'entityFile',
    weight: 5,
    where: ['body', 'document', 'parameter'],
    pattern: /<!entity\s+%?\s*\w+\s+system\s+["'](?:file|php|expect|https?|netdoc|gopher):/,
  },
]
