/** evidence: the packets behind a detection, taken from those just seen and handed on with it. */
export { EvidenceTaker } from './evidence-taker.ts'
export { pcapFile } from './pcap-records.ts'
