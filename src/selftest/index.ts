/** The self-test: proves on a running agent that an attack is detected, recorded, forwarded, and could be blocked. */
export { provokeDetection, type Stages } from './provoke.ts'
export { SelfTest, type AttackAnswer, type SelfTestRun, type TestedSensor } from './self-test.ts'
export type { SelfTestReport, SelfTestStep } from './steps.ts'
