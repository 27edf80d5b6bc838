/** How the page of the API document looks, by day and by night. */
export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
nav { position: sticky; top: 0; background: Canvas; padding: .5rem 0; border-bottom: 1px solid GrayText; }
nav a { margin-right: .8rem; }
article { border-top: 1px solid GrayText; margin-top: 1.5rem; }
h3 span { font: 700 .8rem ui-monospace, monospace; padding: .1rem .4rem; border: 1px solid; border-radius: .3rem; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid GrayText; border-radius: .3rem; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid GrayText; padding: .2rem .6rem .2rem 0; vertical-align: top; }
td p { margin: 0; }
.scope, .codes, small { color: GrayText; }
`
