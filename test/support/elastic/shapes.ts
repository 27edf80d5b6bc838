/** What Elasticsearch and Kibana take, as JSON Schema, written from their documentation. */

const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const text = { type: 'string', minLength: 1 }
const span = { type: 'string', pattern: '^\\d+(ms|s|m|h|d)$' }
const texts = { type: 'array', items: text }

/** `PUT _ilm/policy/NAME`: phases in their order, each with the actions that it may have. */
export const ILM_POLICY = closed(['policy'], {
  policy: closed(['phases'], {
    _meta: { type: 'object' },
    phases: closed(['hot', 'delete'], {
      hot: closed(['min_age', 'actions'], {
        min_age: span,
        actions: closed(['rollover'], {
          rollover: closed(['max_age', 'max_primary_shard_size'], {
            max_age: span,
            max_primary_shard_size: { type: 'string', pattern: '^\\d+(mb|gb|tb)$' },
          }),
          set_priority: closed(['priority'], { priority: { type: 'integer', minimum: 0 } }),
        }),
      }),
      warm: closed(['min_age', 'actions'], {
        min_age: span,
        actions: closed([], {
          forcemerge: closed(['max_num_segments'], { max_num_segments: { type: 'integer' } }),
          set_priority: closed(['priority'], { priority: { type: 'integer', minimum: 0 } }),
        }),
      }),
      delete: closed(['min_age', 'actions'], {
        min_age: span,
        actions: closed(['delete'], { delete: { type: 'object' } }),
      }),
    }),
  }),
})

const TEMPLATE = closed([], {
  settings: { type: 'object' },
  mappings: { type: 'object', required: ['properties'] },
  lifecycle: { type: 'object' },
})

/** `PUT _component_template/NAME`. */
export const COMPONENT_TEMPLATE = closed(['template'], {
  template: TEMPLATE,
  version: { type: 'integer' },
  _meta: { type: 'object' },
})

/** `PUT _index_template/NAME`. */
export const INDEX_TEMPLATE = closed(['index_patterns'], {
  index_patterns: texts,
  composed_of: texts,
  priority: { type: 'integer', minimum: 0 },
  data_stream: { type: 'object' },
  template: TEMPLATE,
  version: { type: 'integer' },
  _meta: { type: 'object' },
})

/** A reference of a saved object to another. */
const REFERENCE = closed(['type', 'id', 'name'], { type: text, id: text, name: text })

/** A line of a file for `POST /api/saved_objects/_import`. */
export const SAVED_OBJECT = closed(['type', 'id', 'attributes', 'references'], {
  type: { enum: ['index-pattern', 'search', 'dashboard'] },
  id: text,
  coreMigrationVersion: { type: 'string', pattern: '^8\\.' },
  typeMigrationVersion: { type: 'string', pattern: '^8\\.' },
  managed: { type: 'boolean' },
  attributes: { type: 'object', required: ['title'] },
  references: { type: 'array', items: REFERENCE },
})

/** A panel within a dashboard's `panelsJSON`. */
export const PANEL = closed(['version', 'type', 'gridData', 'panelIndex', 'embeddableConfig'], {
  version: { type: 'string' },
  type: { enum: ['lens', 'search'] },
  title: text,
  gridData: closed(['x', 'y', 'w', 'h', 'i'], {
    x: { type: 'integer', minimum: 0, maximum: 47 },
    y: { type: 'integer', minimum: 0 },
    w: { type: 'integer', minimum: 1, maximum: 48 },
    h: { type: 'integer', minimum: 1 },
    i: text,
  }),
  panelIndex: text,
  panelRefName: text,
  embeddableConfig: { type: 'object' },
})

const mapping = (more: object) => ({
  type: 'array',
  items: closed(['field'], {
    field: text,
    operator: { const: 'equals' },
    value: { type: 'string' },
    ...more,
  }),
})
const levels = { enum: ['low', 'medium', 'high', 'critical'] }
const reference = (kind: string) => ({
  type: 'string',
  pattern: `^https://attack\\.mitre\\.org/${kind}/`,
})

/** A line of a file for `POST /api/detection_engine/rules/_import`. */
export const DETECTION_RULE = {
  ...closed(
    ['rule_id', 'name', 'description', 'type', 'language', 'query', 'severity', 'risk_score'],
    {
      rule_id: { type: 'string', format: 'uuid' },
      name: text,
      description: text,
      type: { enum: ['query', 'threshold', 'esql'] },
      language: { enum: ['kuery', 'esql'] },
      query: text,
      index: texts,
      severity: levels,
      severity_mapping: mapping({ severity: levels }),
      risk_score: { type: 'integer', minimum: 0, maximum: 100 },
      risk_score_mapping: mapping({ risk_score: { type: 'integer' } }),
      rule_name_override: text,
      timestamp_override: text,
      author: texts,
      license: text,
      tags: texts,
      enabled: { const: false },
      version: { type: 'integer', minimum: 1 },
      from: { type: 'string', pattern: '^now-\\d+[smhd]$' },
      to: { const: 'now' },
      interval: { type: 'string', pattern: '^\\d+[smhd]$' },
      max_signals: { type: 'integer', minimum: 1 },
      references: texts,
      false_positives: texts,
      exceptions_list: { type: 'array', maxItems: 0 },
      actions: { type: 'array', maxItems: 0 },
      note: text,
      investigation_fields: closed(['field_names'], { field_names: texts }),
      alert_suppression: closed(['group_by', 'duration', 'missing_fields_strategy'], {
        group_by: { ...texts, minItems: 1, maxItems: 3 },
        duration: closed(['value', 'unit'], {
          value: { type: 'integer', minimum: 1 },
          unit: { enum: ['s', 'm', 'h'] },
        }),
        missing_fields_strategy: { enum: ['doNotSuppress', 'suppress'] },
      }),
      threshold: closed(['field', 'value'], {
        field: { ...texts, maxItems: 3 },
        value: { type: 'integer', minimum: 1 },
        cardinality: {
          type: 'array',
          items: closed(['field', 'value'], {
            field: text,
            value: { type: 'integer', minimum: 1 },
          }),
        },
      }),
      threat: {
        type: 'array',
        items: closed(['framework', 'tactic'], {
          framework: { const: 'MITRE ATT&CK' },
          tactic: closed(['id', 'name', 'reference'], {
            id: { type: 'string', pattern: '^TA\\d{4}$' },
            name: text,
            reference: reference('tactics'),
          }),
          technique: {
            type: 'array',
            items: closed(['id', 'name', 'reference'], {
              id: { type: 'string', pattern: '^T\\d{4}$' },
              name: text,
              reference: reference('techniques'),
            }),
          },
        }),
      },
    },
  ),
  allOf: [
    {
      if: { properties: { type: { const: 'threshold' } } },
      then: { required: ['threshold'] },
      else: { not: { required: ['threshold'] } },
    },
    // An ES|QL rule has its indices in the query.
    {
      if: { properties: { type: { const: 'esql' } } },
      then: { properties: { language: { const: 'esql' } }, not: { required: ['index'] } },
      else: { properties: { language: { const: 'kuery' } }, required: ['index'] },
    },
  ],
}
