/** The look of an exported page: the app's own colours and type, without its fonts. */
export const HTML_STYLE = `
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;background:light-dark(#faf9f6,#14181a);color:light-dark(#1c2326,#e7e5df);font:1.0625rem/1.6 'Source Serif 4',Charter,Georgia,serif;overflow-wrap:anywhere}
main{max-width:42rem;margin:0 auto;padding:2rem 1.25rem 1rem}
footer{max-width:42rem;margin:0 auto;padding:0 1.25rem 3rem}
h1{font-size:1.75rem;line-height:1.2;margin:2rem 0 .5rem}
h2,h3{font-size:1.0625rem;margin:0}
.notice{border-left:3px solid light-dark(#7d5300,#e6bd6a);background:light-dark(#faf0da,#352b17);padding:1rem 1.25rem}
.notice blockquote{margin:.5rem 0;padding:0}
.notice p{margin:.25rem 0;font-size:.9375rem}
header ul{padding-left:1.1rem;font-size:.9375rem}
article{margin:1.75rem 0;padding-top:1rem;border-top:1px solid light-dark(#dedad0,#30373a)}
article h2{font-family:ui-sans-serif,system-ui,sans-serif;font-size:.9375rem}
article.assistant h2{color:light-dark(#0b5c63,#7fcbc6)}
.facts,.hash,.prose-host{font:.8125rem/1.4 ui-sans-serif,system-ui,sans-serif;color:light-dark(#566065,#a3aaab);margin:.1rem 0 .6rem}
.said{white-space:pre-wrap;margin:0}
code,pre{font:.875em/1.5 ui-monospace,'DejaVu Sans Mono',monospace}
pre{overflow-x:auto;background:light-dark(#f1efe9,#101315);padding:.75rem 1rem;white-space:pre-wrap}
table{border-collapse:collapse;font-size:.9375rem}
th,td{border:1px solid light-dark(#dedad0,#30373a);padding:.3rem .6rem;text-align:left}
.prose-scroll{overflow-x:auto}
.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
a{color:light-dark(#0b5c63,#7fcbc6)}
@media print{body{background:#fff;color:#000;font-size:11pt}main,footer{max-width:none;padding:0}article{break-inside:avoid-page}.notice{background:none}}
`.trim();
