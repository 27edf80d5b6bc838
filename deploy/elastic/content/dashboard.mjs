/**
 * The dashboard for Kibana, as saved objects: a data view, a saved search, and a dashboard of Lens panels.
 *
 * `npm run generate` writes them to ../dashboard.ndjson; Kibana imports that from version 8.9 on. What stands here is
 * what each panel asks; the shapes around it are those of saved objects, in which states are JSON within JSON.
 */

const DATA_VIEW = 'picket-events'
const VERSION = '8.9.0'
const NO_TEST = 'not tags: picket-self-test'
const ATTACKS = `not event.code: health.* and not event.code: policy.* and ${NO_TEST}`
/** An event has several states; each is counted once. */
const EVENTS = { operationType: 'unique_count', sourceField: 'event.id', label: 'Events' }

const terms = (sourceField, label, size = 20) => ({
  ...{ operationType: 'terms', sourceField, label, dataType: 'string' },
  ...{ isBucketed: true, size },
})
const greatest = (sourceField, label, dataType = 'number') => ({
  ...{ operationType: 'max', sourceField, label, dataType },
})

/** Kibana's grid is 48 wide. `columns`: what groups, then what is counted; the first count orders the groups. */
const PANELS = [
  {
    title: 'Events that wake somebody',
    type: 'metric',
    place: [0, 0, 12, 6],
    query: `${ATTACKS} and event.severity >= 7`,
    columns: [EVENTS],
  },
  {
    title: 'Events that ended in a block',
    type: 'metric',
    place: [12, 0, 12, 6],
    query: `event.type: denied and ${NO_TEST}`,
    columns: [EVENTS],
  },
  {
    title: 'Attackers',
    type: 'metric',
    place: [24, 0, 12, 6],
    query: ATTACKS,
    columns: [{ operationType: 'unique_count', sourceField: 'source.address', label: 'Attackers' }],
  },
  {
    title: 'Agents heard from',
    type: 'metric',
    place: [36, 0, 12, 6],
    query: 'event.code: health.heartbeat',
    columns: [{ operationType: 'unique_count', sourceField: 'agent.id', label: 'Agents' }],
  },
  {
    title: 'Events over time',
    type: 'bars',
    place: [0, 6, 48, 12],
    query: ATTACKS,
    columns: [terms('rule.category', 'Family', 10), EVENTS],
  },
  {
    title: 'Who attacks',
    type: 'table',
    place: [0, 18, 24, 14],
    query: ATTACKS,
    columns: [
      terms('source.address', 'Attacker'),
      greatest('event.severity', 'Severity'),
      { operationType: 'unique_count', sourceField: 'host.name', label: 'Hosts' },
      EVENTS,
    ],
  },
  {
    title: 'What is seen',
    type: 'table',
    place: [24, 18, 24, 14],
    query: ATTACKS,
    columns: [terms('rule.name', 'Kind'), greatest('event.severity', 'Severity'), EVENTS],
  },
  {
    title: 'Agents, the one silent longest first',
    type: 'table',
    place: [0, 32, 24, 14],
    query: 'event.code: health.heartbeat',
    order: 'asc',
    columns: [terms('host.name', 'Host', 100), greatest('@timestamp', 'Last heartbeat', 'date')],
  },
  {
    title: 'What agents could not see or left undone',
    type: 'table',
    place: [24, 32, 24, 14],
    query: 'event.code: health.* and not event.code: (health.heartbeat or health.host)',
    columns: [terms('host.name', 'Host'), terms('rule.name', 'Trouble'), EVENTS],
  },
]

const SEARCH_COLUMNS = [
  'event.severity',
  'rule.name',
  'source.address',
  'destination.address',
  'host.name',
  'message',
]

/** Returns the saved objects, the dashboard last: it refers to the others. */
export function savedObjects() {
  return [dataView(), search(), dashboard()]
}

function dataView() {
  const attributes = {
    title: 'logs-picket.event-*',
    name: 'Picket events',
    timeFieldName: '@timestamp',
  }
  return savedObject('index-pattern', DATA_VIEW, attributes, [], '8.0.0')
}

function search() {
  const index = 'kibanaSavedObjectMeta.searchSourceJSON.index'
  const source = { query: kuery(ATTACKS), filter: [], indexRefName: index }
  const attributes = {
    ...{ title: 'Picket: newest events', description: '', columns: SEARCH_COLUMNS },
    ...{ sort: [['@timestamp', 'desc']], grid: {}, hideChart: true },
    kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(source) },
  }
  const references = [{ type: 'index-pattern', id: DATA_VIEW, name: index }]
  return savedObject('search', 'picket-newest', attributes, references, '8.0.0')
}

function dashboard() {
  const panels = [...PANELS.map(lensPanel), searchPanel(PANELS.length)]
  const attributes = {
    ...{ title: 'Picket', description: 'What Picket agents see, and how they are', version: 1 },
    panelsJSON: JSON.stringify(panels.map(({ panel }) => panel)),
    optionsJSON: JSON.stringify({ useMargins: true, syncColors: true, hidePanelTitles: false }),
    ...{ timeRestore: true, timeFrom: 'now-24h', timeTo: 'now' },
    kibanaSavedObjectMeta: {
      searchSourceJSON: JSON.stringify({ query: kuery(''), filter: [] }),
    },
  }
  const references = panels.flatMap((panel) => panel.references)
  return savedObject('dashboard', 'picket', attributes, references, VERSION)
}

function lensPanel({ title, type, place, query, columns, order }, index) {
  const state = {
    datasourceStates: { formBased: { layers: { events: layer(type, columns, order) } } },
    visualization: visualization(type, columns),
    ...{ query: kuery(query), filters: [], internalReferences: [], adHocDataViews: {} },
  }
  const visualizationType = { metric: 'lnsMetric', bars: 'lnsXY', table: 'lnsDatatable' }[type]
  const attributes = {
    title,
    description: '',
    visualizationType,
    type: 'lens',
    references: [],
    state,
  }
  const embeddableConfig = { attributes, enhancements: {} }
  const name = `${index}:indexpattern-datasource-layer-events`
  return {
    panel: { ...framed('lens', place, index), title, embeddableConfig },
    references: [{ type: 'index-pattern', id: DATA_VIEW, name }],
  }
}

function searchPanel(index) {
  const panelRefName = `panel_${index}`
  return {
    panel: {
      ...framed('search', [0, 46, 48, 18], index),
      embeddableConfig: { enhancements: {} },
      panelRefName,
    },
    references: [{ type: 'search', id: 'picket-newest', name: `${index}:${panelRefName}` }],
  }
}

function framed(type, [x, y, w, h], index) {
  const i = String(index)
  return { version: VERSION, type, gridData: { x, y, w, h, i }, panelIndex: i }
}

function layer(type, columns, order = 'desc') {
  const firstCount = idOf(columns.findIndex(({ isBucketed }) => isBucketed !== true))
  const written = columns.map((column, index) => [
    idOf(index),
    lensColumn(column, firstCount, order),
  ])
  if (type === 'bars') written.unshift(['time', timeColumn()])
  return {
    columns: Object.fromEntries(written),
    columnOrder: written.map(([id]) => id),
    incompleteColumns: {},
  }
}

function lensColumn({ size, isBucketed = false, dataType = 'number', ...column }, orderBy, order) {
  const common = { ...column, customLabel: true, dataType, isBucketed }
  if (!isBucketed) return { ...common, scale: 'ratio', params: { emptyAsNull: false } }
  const params = {
    ...{ size, orderBy: { type: 'column', columnId: orderBy }, orderDirection: order },
    ...{ otherBucket: false, missingBucket: false },
  }
  return { ...common, scale: 'ordinal', params }
}

function timeColumn() {
  return {
    ...{ operationType: 'date_histogram', sourceField: '@timestamp', label: '@timestamp' },
    ...{ dataType: 'date', isBucketed: true, scale: 'interval' },
    params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
  }
}

function visualization(type, columns) {
  const ids = columns.map((_, index) => idOf(index))
  const common = { layerId: 'events', layerType: 'data' }
  if (type === 'metric') return { ...common, metricAccessor: ids[0] }
  if (type === 'table') return { ...common, columns: ids.map((columnId) => ({ columnId })) }
  const bars = {
    seriesType: 'bar_stacked',
    xAccessor: 'time',
    splitAccessor: ids[0],
    accessors: [ids[1]],
  }
  return {
    preferredSeriesType: 'bar_stacked',
    legend: { isVisible: true, position: 'right' },
    layers: [{ ...common, ...bars }],
  }
}

function savedObject(type, id, attributes, references, typeMigrationVersion) {
  const versions = { coreMigrationVersion: '8.8.0', typeMigrationVersion }
  return { type, id, ...versions, managed: false, attributes, references }
}

function kuery(query) {
  return { query, language: 'kuery' }
}

const idOf = (index) => `column${index}`
