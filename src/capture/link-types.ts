/** Names of link types, for telling which one a capture has that nobody here reads. */
import { LinkType } from './source.ts'

/** From tcpdump.org's registry: those that captures are likely to have; USER0 to USER15 besides. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'NULL', 1: 'ETHERNET', 3: 'AX25', 6: 'IEEE802_5', 7: 'ARCNET_BSD', 8: 'SLIP', 9: 'PPP', 10: 'FDDI',
  50: 'PPP_HDLC', 51: 'PPP_ETHER', 100: 'ATM_RFC1483', 101: 'RAW', 104: 'C_HDLC', 105: 'IEEE802_11',
  107: 'FRELAY', 108: 'LOOP', 113: 'LINUX_SLL', 114: 'LTALK', 117: 'PFLOG', 119: 'IEEE802_11_PRISM',
  122: 'IP_OVER_FC', 123: 'SUNATM', 127: 'IEEE802_11_RADIOTAP', 138: 'APPLE_IP_OVER_IEEE1394',
  140: 'MTP2', 141: 'MTP3', 142: 'SCCP', 143: 'DOCSIS', 144: 'LINUX_IRDA', 163: 'IEEE802_11_AVS',
  166: 'PPP_PPPD', 169: 'GPRS_LLC', 187: 'BLUETOOTH_HCI_H4', 189: 'USB_LINUX', 192: 'PPI',
  195: 'IEEE802_15_4_WITHFCS', 201: 'BLUETOOTH_HCI_H4_WITH_PHDR', 204: 'PPP_WITH_DIR',
  220: 'USB_LINUX_MMAPPED', 224: 'FC_2', 227: 'CAN_SOCKETCAN', 228: 'IPV4', 229: 'IPV6',
  230: 'IEEE802_15_4_NOFCS', 231: 'DBUS', 239: 'NFLOG', 247: 'INFINIBAND', 249: 'USBPCAP',
  251: 'BLUETOOTH_LE_LL', 253: 'NETLINK', 254: 'BLUETOOTH_LINUX_MONITOR',
  256: 'BLUETOOTH_LE_LL_WITH_PHDR', 258: 'PKTAP', 259: 'EPON', 266: 'USB_DARWIN', 271: 'VSOCK',
  274: 'ETHERNET_MPACKET', 276: 'LINUX_SLL2', 283: 'IEEE802_15_4_TAP',
} // prettier-ignore

const FIRST_USER = 147
const LAST_USER = 162

/** Gives a LINKTYPE number with its name, as in `147 (USER0)`; the number alone where we know none. */
export function linkTypeWords(linkType: number): string {
  const isUser = linkType >= FIRST_USER && linkType <= LAST_USER
  const name = isUser ? `USER${linkType - FIRST_USER}` : NAMES[linkType]
  return name === undefined ? String(linkType) : `${linkType} (${name})`
}

/** The link types that are read, by name. */
export const READABLE_LINK_TYPES: readonly string[] = Object.values(LinkType)
  .sort((one, other) => one - other)
  .map((linkType) => NAMES[linkType] ?? String(linkType))
