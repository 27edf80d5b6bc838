/** detect/intel: feeds of indicators, kept by the agent, looked up by the sensors. */
export { Feeds, type FeedStatus } from './feeds.ts'
