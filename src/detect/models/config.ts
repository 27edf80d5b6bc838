/** What the two forests may be told. */
import { Type, type Static } from '../../core/schema/config-field.ts'

export const isolationForestConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: "Learn this host's own traffic and score flows against it." }),
    minimumFlows: Type.Integer({
      default: 5000,
      minimum: 100,
      maximum: 10000000,
      description: 'Flows to see before the first model is grown.',
    }),
    minimumMinutes: Type.Integer({
      default: 60,
      minimum: 0,
      maximum: 525600,
      description: "Minutes of traffic, by the packets' clock, to see before the first model is grown.",
    }),
    baselineFlows: Type.Integer({
      default: 20000,
      minimum: 100,
      maximum: 200000,
      description: 'The most flows kept as the baseline, sampled evenly from all that were seen; 300 bytes each.',
    }),
    trees: Type.Integer({ default: 100, minimum: 10, maximum: 1000, description: 'Trees in the forest.' }),
    quantile: Type.Number({
      default: 0.999,
      minimum: 0.9,
      maximum: 1,
      description: 'The share of held-back baseline flows that must score below the threshold.',
    }),
    margin: Type.Number({
      default: 0.02,
      minimum: 0,
      maximum: 0.5,
      description: 'How far above that quantile the threshold lies.',
    }),
    retrainHours: Type.Integer({
      default: 24,
      minimum: 0,
      maximum: 8760,
      description: "Hours of traffic, by the packets' clock, after which the model is grown anew; 0 for never.",
    }),
    matureHours: Type.Integer({
      default: 24,
      minimum: 0,
      maximum: 8760,
      description: 'A younger model, by the packets\' clock, only notes: its events stay at severity 3 or below.',
    }),
    strongFlows: Type.Integer({
      default: 30,
      minimum: 2,
      maximum: 100000,
      description: 'Strongly unusual flows of one host within five minutes that make an alert of severity 4.',
    }),
  },
  { additionalProperties: false, default: {}, description: "Unlike this host's own past (isolation forest)." },
) // prettier-ignore

export const randomForestConfig = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Score flows for likeness to known attacks.',
    }),
    model: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description: 'A model file made by `picket train`; null for the one shipped with Picket.',
    }),
    threshold: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      default: null,
      description:
        'The share of trees that must vote "attack"; null for the one calibrated with the model.',
    }),
    minimumFlows: Type.Integer({
      default: 30,
      minimum: 2,
      maximum: 100000,
      description: 'Attack-like flows of one host within a minute that make an event.',
    }),
    minimumShare: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: "The share of that host's flows within the minute that must be attack-like.",
    }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Like attacks we know (random forest).',
  },
)

export type IsolationForestConfig = Static<typeof isolationForestConfig>
export type RandomForestConfig = Static<typeof randomForestConfig>
