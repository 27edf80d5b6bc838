/** detect/intel: feeds of indicators, kept by the agent, looked up by the sensors. */
export { Feeds, type FeedsOptions, type FeedStatus } from './feeds.ts'
export type { FeedReading } from './feed-reading.ts'
export { FEED_FORMATS } from './formats/index.ts'
