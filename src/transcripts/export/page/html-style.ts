/** The look of an exported page: the app's own colours and type, without its fonts. Nothing in it is fetched. */
export const HTML_STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#fbfbf9,#14181a);--sunken:light-dark(#f2f3f0,#101315);--ink:light-dark(#1b2225,#e6e5e0);--muted:light-dark(#546066,#a3abad);--line:light-dark(#dcdeda,#2e3538);--strong:light-dark(#858d8f,#707a7d);--accent:light-dark(#0b5c63,#7fcbc6);--warn:light-dark(#765000,#e6bd6a);--warn-soft:light-dark(#f9f1de,#332a18);--sans:ui-sans-serif,system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;--mono:ui-monospace,'SF Mono','Cascadia Mono','DejaVu Sans Mono',monospace}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.65 'Source Serif 4','Source Serif Pro',Charter,'Bitstream Charter','Noto Serif',Georgia,serif;overflow-wrap:anywhere;text-size-adjust:100%}
main,footer{max-width:46.5rem;margin:0 auto;padding:0 1.25rem}
main{padding-top:2rem}
h1{font-size:clamp(1.5rem,1.2rem + 1.6vw,2.125rem);line-height:1.2;margin:2.5rem 0 .5rem;text-wrap:balance}
h2{font:600 .8125rem/1.25rem var(--sans);letter-spacing:.02em;color:var(--muted);margin:0}
h3{font-size:1.0625rem;line-height:1.35;margin:1.5rem 0 0;text-wrap:balance}
h3[data-level='1']{font-size:1.375rem}
h3[data-level='2']{font-size:1.2rem}
.notice{border-left:3px solid var(--warn);background:var(--warn-soft);padding:.9rem 1.25rem 1rem}
.notice h2{color:var(--warn)}
.notice blockquote{margin:.35rem 0 .6rem;padding:0;border:0;color:inherit}
.notice p{margin:.2rem 0 0;font:.875rem/1.45 var(--sans)}
header dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.2rem 1rem;margin:1rem 0 0;font:.875rem/1.45 var(--sans)}
dt{color:var(--muted)}
dd{margin:0}
.chat{border-top:1px solid var(--ink);margin-top:1.5rem}
.chat>h1{font-size:1.5625rem;margin:1.5rem 0 1rem}
article{padding:1.35rem 0 1.1rem}
article+article.user{border-top:1px solid var(--line)}
.side{display:flex;gap:.6rem;align-items:baseline;margin-bottom:.2rem}
.edited{margin:0;font:italic .8125rem/1.25rem var(--sans);color:var(--muted)}
.said{white-space:pre-wrap;margin:0;font-weight:600}
.facts,.hash,.prose-host{font:.8125rem/1.45 var(--sans);color:var(--muted)}
.facts{margin:.75rem 0 0}
article .facts{font-variant-numeric:tabular-nums}
.prose p,.prose ul,.prose ol,.prose blockquote,.prose .prose-scroll,.prose .prose-code{margin:.825rem 0 0}
.prose>:first-child>:first-child,.prose li>:first-child,.prose blockquote>:first-child{margin-top:0}
.prose p,.prose h3,.prose td,.prose th{white-space:pre-line}
.prose p.as-written{white-space:pre-wrap}
.prose ul,.prose ol{padding-inline-start:1.5rem;list-style:none}
.prose ul.prose-bullets{list-style:disc}
.prose li{margin-top:.3rem}
.prose li::marker,.prose-mark{color:var(--muted)}
.prose li>.prose-mark,.prose li>p>.prose-mark{display:inline-block;min-inline-size:1.5rem;margin-inline-start:-1.5rem;white-space:pre}
.prose li>p{margin-top:.3rem}
.prose-code-info{font:.8125rem/1.45 var(--mono);color:var(--muted)}
.prose-math-source{display:inline-block;inline-size:1px;block-size:1em;margin-inline-end:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.prose-math-set{user-select:none}
blockquote{margin:0;padding-inline-start:1rem;border-inline-start:2px solid var(--strong);color:var(--muted)}
hr{inline-size:4rem;margin:1.6rem auto .8rem;border:0;border-top:1px solid var(--strong)}
code,pre{font-family:var(--mono);font-size:.85em;line-height:1.5}
code{background:var(--sunken);padding:.05em .3em;border-radius:2px}
header code,.hash code{padding:0;background:none}
pre{margin:0;overflow-x:auto;background:var(--sunken);border:1px solid var(--line);border-radius:4px;padding:.7rem .9rem;tab-size:4;overflow-wrap:normal}
pre code{padding:0;background:none;font-size:1em}
.prose-scroll{overflow-x:auto}
table{border-collapse:collapse;border-block:1.5px solid var(--ink);font-size:.9375rem;line-height:1.4;font-variant-numeric:tabular-nums lining-nums}
th,td{padding:.3rem .9rem .3rem 0;text-align:start;vertical-align:baseline;overflow-wrap:normal}
thead{border-bottom:1px solid var(--ink)}
tbody tr+tr{border-top:1px solid var(--line)}
.prose-math-display{display:block;margin-top:.825rem;overflow-x:auto;text-align:center}
.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
footer{border-top:1px solid var(--line);margin-top:1.5rem;padding-block:1rem 3rem}
.hash{margin:.6rem 0 0}
@media (min-width:46.5rem){article{display:grid;grid-template-columns:4.5rem minmax(0,39rem);gap:0 1.5rem}.side{display:block;text-align:end;padding-top:.2rem;margin:0}.notice,header,footer,.chat>h1{margin-inline-start:6rem}footer{max-width:44rem;margin-inline:auto;padding-inline:6rem 0}}
@media print{:root{color-scheme:light}body{background:#fff;color:#000;font-size:10.5pt}main,footer{max-width:none;padding-inline:0}pre{white-space:pre-wrap}.side,h3,thead{break-after:avoid}tr,.notice,.prose-math-display{break-inside:avoid}.notice{background:none;border:1px solid #000;border-inline-start-width:3px}footer{margin-inline:0}}
`.trim();
