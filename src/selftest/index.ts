/** The self-test: proves on a running agent that an attack is detected, recorded, forwarded, and could be blocked. */
export { provokeDetection } from './provoke.ts'
export { SelfTest, type AttackAnswer, type SelfTestRun } from './self-test.ts'
