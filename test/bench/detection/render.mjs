/** The detection figures as a page. */

/** Renders Picket's report beside its peers'; a peer that failed says why. */
export function renderDetection({ report, oneOut, article, sklearn, machine }) {
  const { attacks, benign, mixed, models } = report
  return [
    '# Detection, beside the peers',
    'Written by `node test/bench/detection.mjs --data DIR`, where DIR holds labelled captures and their truth; none of them are part of this repository. An event of severity 4 and more counts.',
    `Machine: ${machine.words}.`,
    '## Captures',
    table(
      ['', 'Picket', 'the article’s program'],
      [
        ['attack captures', attacks.total.captures, articleCell(article, 'attacks')],
        ['something raised', attacks.total.detected, articleCell(article, 'detected')],
        [
          'a right party named (blocked)',
          attacks.total.rightParty,
          articleCell(article, 'partyBlocked'),
        ],
        ['with the right family of kind', attacks.total.rightFamily, 'says no kind'],
        [
          'addresses blocked that are none of the attackers',
          'blocks none by default',
          article.failure ?? article.blockedOnAttacks - article.rightlyBlocked,
        ],
        ['benign captures', benign.captures, articleCell(article, 'benign')],
        [
          'benign captures with an alert (a block)',
          benign.capturesWithAlert,
          articleCell(article, 'benignWithBlock'),
        ],
        [
          'alerts (addresses blocked) on benign captures',
          benign.alerts,
          articleCell(article, 'benignBlocked'),
        ],
        ['events of severity 7 and more on benign captures', benign.waking, ''],
        ['events of any severity per benign capture', benign.eventsPerCapture.toFixed(2), ''],
        ['per 1,000 benign flows', benign.eventsPerThousandFlows.toFixed(2), ''],
        [
          'per host and day',
          `${benign.eventsPerHostDay.toFixed(2)} over ${benign.hostDays.toFixed(2)} days`,
          '',
        ],
        [
          'worst benign capture',
          worstCell(benign.worst, 'events'),
          article.failure ?? worstCell(article.worst, 'blocked'),
        ],
      ],
    ),
    'The article’s program is `IsolationForest(contamination=0.1)` on packet size and time, fitted on the capture, blocking the source of whatever it flags: by its definition one packet in ten, in peace as in war.',
    list('Attack captures without an alert', attacks.missed),
    list('Alerts, but none names a party', attacks.wrongParty),
    list('Party right, but no fitting family', attacks.wrongFamily),
    ...(mixed === null
      ? []
      : [
          '## Attacks merged into benign captures, on one timeline',
          `${mixed.mixes} mixes: ${mixed.total.detected} raised an alert, ${mixed.total.rightParty} named the right party, ${mixed.total.rightFamily} with the right family; ${mixed.otherAlerts} alerts named somebody else.`,
          list('Mixes without an alert', mixed.missed),
          list('Mixes with alerts for others alone', mixed.wrongParty),
        ]),
    '## Flow by flow',
    models === null
      ? `Not measured: ${report.modelsNote}`
      : `${models.folds} folds, no capture and no laboratory on both sides: ${models.attackFlows} attack and ${models.benignFlows} benign flows of ${models.captures} captures. Thresholds let at most 2 of 1,000 held-out benign flows speak (the rule: Tukey's fence).`,
    ...(models === null
      ? []
      : flowSections(
          [...models.scorers, ...(Array.isArray(sklearn) ? sklearn : [])],
          models,
          'Whole laboratories are held out, so a kind of one or two laboratories is met for the first time',
        )),
    ...(Array.isArray(sklearn)
      ? []
      : [`scikit-learn's forests could not be run: ${sklearn.failure}`]),
    ...leaveOneOut(oneOut),
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

const articleCell = (article, field) => article.failure ?? article[field]

const worstCell = (worst, field) => (worst === null ? 'none' : `${worst.name}: ${worst[field]}`)

function scorers(figures) {
  return table(
    [
      'scorer',
      'ROC-AUC by flow',
      'PR-AUC by flow',
      'ROC-AUC by capture',
      'PR-AUC by capture',
      'precision',
      'recall',
      'recall, mean of captures',
      'false of 1,000',
    ],
    figures.map((one) => [
      one.scorer,
      ...[
        one.byFlow.rocAuc,
        one.byFlow.prAuc,
        one.byCapture.rocAuc,
        one.byCapture.prAuc,
        one.precision,
        one.recall,
        one.recallByCapture,
        one.falsePerThousand,
      ].map((value) => value.toFixed(3)),
    ]),
  )
}

/** The figures, and which kinds of attack the recall comes from and misses. */
function flowSections(figures, models, heldOut) {
  const columns = figures.map(({ scorer }) => scorer)
  const rows = models.scorers[0].recallByFamily.map(({ family, captures, laboratories, flows }) => [
    ...[family, captures, laboratories, flows],
    ...figures.map(({ recallByFamily }) =>
      recallByFamily.find((one) => one.family === family).recallByCapture.toFixed(3),
    ),
  ])
  return [
    scorers(figures),
    `Attack flows found, mean of captures, by kind of attack. ${heldOut}:`,
    table(['kind', 'captures', 'laboratories', 'flows', ...columns], rows),
  ]
}

/** One capture held out at a time: what its laboratory's others teach about it. */
function leaveOneOut(oneOut) {
  if (oneOut === null) return []
  if (oneOut.failure !== undefined) return [`Not measured: ${oneOut.failure}`]
  const { models, forestAlone } = oneOut.report
  const alone = forestAlone.total
  return [
    '## Flow by flow, one capture held out at a time',
    `${models.folds} captures, ${oneOut.trees} trees. The forest alone, without any rule, each capture unseen: ${alone.detected} of ${alone.captures} attack captures told, ${alone.rightParty} by the right party; ${forestAlone.benign.capturesWithAlert} of ${forestAlone.benign.captures} benign ones.`,
    ...flowSections(
      models.scorers,
      models,
      'What else a laboratory recorded is taught, the capture itself is not',
    ),
  ]
}

function list(title, items) {
  return items.length === 0 ? '' : `${title}: ${items.join(', ')}.`
}

function table(titles, rows) {
  return [titles, titles.map(() => '---'), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
}
