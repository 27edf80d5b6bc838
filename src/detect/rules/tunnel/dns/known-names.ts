/**
 * Registered domains whose owners answer many made-up names on purpose: nobody else can be asked through them.
 *
 * Networks of content delivery name machines and files by hash; block lists and virus scanners put what they
 * ask about into the name. A tunnel needs a domain whose name server is the attacker's, which these are not.
 */

const KNOWN_DOMAINS: ReadonlySet<string> = new Set([
  // Addresses turned into names.
  'in-addr.arpa', 'ip6.arpa', 'plex.direct', 'sslip.io', 'nip.io',
  // Content delivery and clouds.
  'akadns.net', 'akamai.net', 'akamaiedge.net', 'akamaihd.net', 'akamaized.net', 'akstat.io', 'edgekey.net',
  'edgesuite.net', 'aaplimg.com', 'go-mpulse.net', 'amazonaws.com', 'awsglobalaccelerator.com',
  'awsdns.com', 'cloudfront.net', 'live-video.net', 'ttvnw.net', 'azure.com', 'azureedge.net',
  'azurefd.net', 'cloudapp.net', 'trafficmanager.net', 'windows.net', 'msedge.net', 'office.com',
  'microsoft.com', 'sharepoint.com', '1drv.com', 'livefilestore.com', 'skype.com', 'skype.net',
  'googlevideo.com', 'gvt1.com', 'gvt2.com', 'gstatic.com', 'google.com', 'googleusercontent.com',
  'googlesyndication.com', 'googleapis.com', 'withgoogle.com', 'usercontent.goog', 'ampproject.net',
  'ampproject.org', 'fbcdn.net', 'facebook.com', 'whatsapp.net', 'nflxvideo.net', 'nflxso.net',
  'fastly.net', 'fastlylb.net', 'fastly-insights.com', 'cedexis-radar.net', 'cdn77.org', 'llnwd.net',
  'steamcontent.com', 'tiktokcdn.com', 'tiktokv.com', 'spotify.com', 'scdn.co', 'apple.com',
  'icloud.com', 'icloud-content.com', 'dropboxusercontent.com', 'vscode-cdn.net', 'ipfs.io',
  'dweb.link', 'github.io', 'online-metrix.net', 'doubleclick.net', 'yahoodns.net', 'dotnxdomain.net',
  // Virus scanners, reputation and block lists.
  'sophosxl.net', 'sophosxl.com', 'sophos.com', 'mcafee.com', 'trellix.com', 'spamhaus.org',
  'spamhaus.net', 'spamcop.net', 'sorbs.net', 'surbl.org', 'uribl.com', 'dnswl.org', 'mailspike.net',
  'barracudacentral.org', 'senderbase.org', 'senderscore.com', 'abuseat.org', 'uceprotect.net', 'cymru.com', 'e5.sk',
  'eset.com', 'bitdefender.net', 'brightcloud.com', 'trendmicro.com', 'kaspersky.com',
  'kaspersky-labs.com', 'f-secure.com', 'avast.com', 'avg.com', 'avira.com', 'avira-update.com', 'clamav.net',
  'symantec.com', 'norton.com', 'webroot.com', 'cloudmark.com', 'fortinet.net', 'fortiguard.net',
  'opendns.com', 'umbrella.com', 'zscaler.net', 'dnsleaktest.com', 'ipleak.net',
]) // prettier-ignore

const DECIMAL_REVERSED = /^(\d{1,3}\.){4}/
const NIBBLES_REVERSED = /^([0-9a-f]\.){16}/
/** What Windows calls a new machine. */
const WINDOWS_MACHINE = /^((desktop|laptop)-[0-9a-z]{7}|win-[0-9a-z]{11})\./
const DIRECTORY = /(^|\.)_/

/** Says whether many odd names under the domain are its owner's way. */
export function isKnownDomain(domain: string): boolean {
  return KNOWN_DOMAINS.has(domain)
}

/** Says whether the name asks about an address, as block lists are asked, for a service or a PC. */
export function isOrdinaryLookup(name: string): boolean {
  return (
    DECIMAL_REVERSED.test(name) ||
    NIBBLES_REVERSED.test(name) ||
    DIRECTORY.test(name) ||
    WINDOWS_MACHINE.test(name)
  )
}
