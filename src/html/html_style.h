#ifndef FROND_SRC_HTML_HTML_STYLE_H_
#define FROND_SRC_HTML_HTML_STYLE_H_

#include <string_view>

namespace frond {

// Colours are blue and orange, which the colour-blind tell apart, each at a contrast of at least 4.5 to its ground.
// Cells of the confusion matrix are tinted by --v, their share from 0 to 1; from 0.8 on (class `full`) their text is
// white.
inline constexpr std::string_view kHtmlStyle = R"css(
:root{--bg:#fff;--fg:#1b2420;--soft:#56615b;--line:#d8dfda;--card:#f3f6f4;--link:#0b5c9c;--c1:#0b62a8;--c2:#b44c06;
--good:11,98,168;--bad:196,78,8}
@media screen and (prefers-color-scheme:dark){:root{--bg:#111614;--fg:#e5ebe7;--soft:#9ca9a2;--line:#313b36;--card:#1a211d;
--link:#7fbdf5;--c1:#6fb4f3;--c2:#f2a468}}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:70rem;padding:1rem;background:var(--bg);color:var(--fg);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1rem}
h2{font-size:1.25rem;margin:0 0 .5rem}
h3{font-size:1rem;margin:1.25rem 0 .5rem}
p{margin:.25rem 0 .75rem;max-width:46rem}
a{color:var(--link)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0;padding:.5rem 0}
section{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1.25rem}
.soft,figcaption,caption{color:var(--soft);font-size:.875rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:0 0 1rem}
.cards div{background:var(--card);border-radius:.5rem;padding:.75rem 1rem}
.cards dt{color:var(--soft);font-size:.875rem}
.cards dd{margin:0}
.cards strong{display:block;font-size:1.6rem;line-height:1.25;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;max-width:100%;margin:.5rem 0 1rem}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0;caption-side:top}
th,td{padding:.3rem .75rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
tbody th{font-weight:500;overflow-wrap:break-word;min-width:6rem;max-width:22rem}
thead th{color:var(--soft);font-weight:600}
.num{text-align:right;white-space:nowrap;padding-left:.5rem}
.charts>*{min-width:0}
.charts{display:grid;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem 2rem}
figure{margin:0 0 1rem}
svg{display:block;width:100%;max-width:34rem;height:auto}
svg text{fill:var(--fg);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
svg .quiet{fill:var(--soft);font-size:11px}
svg .end{text-anchor:end}svg .mid{text-anchor:middle}
svg .grid{stroke:var(--line)}svg .axis{stroke:var(--soft)}
svg .guide{stroke:var(--soft);stroke-dasharray:3 3;fill:none}
svg .line1,svg .line2{fill:none;stroke-width:2;stroke-linejoin:round}
svg .line1{stroke:var(--c1)}svg .line2{stroke:var(--c2);stroke-dasharray:6 3}
svg .line3{fill:none;stroke-width:1.5;stroke:var(--soft)}
svg .solid2{stroke:var(--c2);stroke-width:2}
svg .dot1{fill:var(--c1)}svg .dot2{fill:var(--bg);stroke:var(--c2);stroke-width:2}
svg .bar1{fill:var(--c1);fill-opacity:.3}
.heat{border-collapse:separate;border-spacing:1px}
.heat th,.heat td{border:0;padding:.35rem .5rem}
.heat td{text-align:right;min-width:2.2rem;background:rgba(var(--tint),var(--v));print-color-adjust:exact;
-webkit-print-color-adjust:exact}
.heat .g{--tint:var(--good)}.heat .b{--tint:var(--bad)}
.heat .full{color:#fff}
.heat .none{color:var(--soft);background:var(--card)}
.heat tbody th{position:sticky;left:0;background:var(--bg);max-width:none;min-width:0;text-align:right;white-space:nowrap;
z-index:1}
.heat thead th{white-space:nowrap;vertical-align:bottom;text-align:center}
.heat .up{writing-mode:vertical-rl;transform:rotate(180deg);display:inline-block;max-height:11rem;white-space:nowrap}
.dense{font-size:.6rem}
.dense th,.dense td{padding:0 .1rem;min-width:1rem;line-height:1rem}
.dense .none{color:transparent}
.gallery{list-style:none;margin:0;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(10rem,1fr))}
.gallery figure{margin:0}
.gallery img,.gallery .gone{display:block;width:100%;height:auto;aspect-ratio:4/3;object-fit:contain;background:var(--card);
border-radius:.375rem}
.gallery .gone{display:grid;place-items:center;text-align:center;padding:.5rem;color:var(--soft);font-size:.8rem}
.gallery figcaption{padding-top:.35rem;line-height:1.35}
.gallery .nw{white-space:nowrap}
.gallery b{color:var(--fg);font-weight:600}
.warn{margin:0 0 1rem;padding:0;list-style:none}
.warn li{border-left:4px solid var(--c2);background:var(--card);padding:.5rem .75rem;margin:.5rem 0;max-width:50rem}
.log{font:.85rem/1.5 ui-monospace,Menlo,Consolas,monospace;padding-left:1.25rem}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--link)}
@media print{html{font-size:9pt}body{max-width:none;padding:0}nav,summary{display:none}
figure,tr,.gallery li{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
.heat tbody th{position:static}.gallery{grid-template-columns:repeat(5,1fr)}
.dense{font-size:.3rem;border-spacing:0}.dense th,.dense td{min-width:.4rem;line-height:.4rem}}
)css";

}  // namespace frond

#endif  // FROND_SRC_HTML_HTML_STYLE_H_
