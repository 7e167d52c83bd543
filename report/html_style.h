#pragma once

#include <string_view>

namespace assay::report {

/// The style sheet of an HTML report. Contrasts are at least 4.5:1 in light and in dark; nothing is
/// said by colour alone.
inline constexpr std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--faint:#57606a;--line:#d0d7de;--box:#f6f8fa;
--good:#116329;--warning:#7d4e00;--bad:#a40e26;--absent:#57606a;--accent:#0550ae;
--l1:#a0430a;--l2:#116329;--l3:#8250df;--l4:#57606a;--l5:#a40e26}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--faint:#9ea7b3;--line:#3d444d;
--box:#161b22;--good:#56d364;--warning:#e3b341;--bad:#ff7b72;--absent:#9ea7b3;--accent:#79c0ff;
--l1:#ffa657;--l2:#56d364;--l3:#d2a8ff;--l4:#9ea7b3;--l5:#ff7b72}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--back);color:var(--text);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.9rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}
h3{font-size:.95rem;margin:.5rem 0;font-weight:600}
.good{color:var(--good)}.warning{color:var(--warning)}.bad{color:var(--bad)}.absent{color:var(--absent)}
header{border:2px solid currentColor;border-radius:.6rem;padding:1rem 1.2rem;margin-bottom:1rem}
header dl,header h1 small{color:var(--text)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0 0}
dt{color:var(--faint)}dd{margin:0}
.light{white-space:nowrap;font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));gap:1rem}
figure{margin:0;padding:.8rem;background:var(--box);border:1px solid var(--line);border-radius:.6rem}
figcaption{font-size:.9rem;margin-bottom:.3rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--text);font:13px system-ui,sans-serif}
.grid{stroke:var(--line)}.source{fill:none;stroke:var(--faint);stroke-width:2;stroke-dasharray:5 4}
.target{fill:var(--accent);fill-opacity:.25;stroke:var(--accent);stroke-width:2}
.bar{fill:var(--accent);fill-opacity:.55}.whisker{stroke:var(--text);stroke-width:1.5}
.flag{stroke-width:1.5;stroke:var(--text);fill:var(--text)}line.flag{stroke-dasharray:3 4}
.flag.good{stroke:var(--good);fill:var(--good)}.flag.bad{stroke:var(--bad);fill:var(--bad)}
.one{stroke:var(--faint);stroke-dasharray:5 4}.axis{stroke:var(--faint)}
.line-0,.of-target{--ink:var(--accent)}.line-1,.of-source{--ink:var(--l1)}.line-2{--ink:var(--l2)}
.line-3{--ink:var(--l3)}.line-4{--ink:var(--l4)}.line-5{--ink:var(--l5)}
.curve{fill:none;stroke:var(--ink);stroke-width:1.8}.mark{fill:var(--ink);stroke:var(--ink)}
.mark.of-source{fill:var(--box);stroke-width:1.5}
.curve.of-source,.steps.of-source,.curve.line-1{stroke-dasharray:6 4}.curve.line-2{stroke-dasharray:2 3}
.curve.line-3{stroke-dasharray:10 3}.curve.line-4{stroke-dasharray:8 3 2 3}.curve.line-5{stroke-dasharray:1 2}
.steps{fill:var(--ink);fill-opacity:.18;stroke:var(--ink);stroke-width:1.5}.steps.of-source{fill-opacity:.06}
svg.shape{display:inline-block;width:.8rem;height:.8rem;vertical-align:baseline}
svg.key{display:inline-block;width:2.2rem;height:.8rem;vertical-align:middle}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.3rem 0;padding:0;font-size:.85rem}
.flags{list-style:none;margin:.4rem 0;padding:0;font-size:.9rem}.flags li{margin:.2rem 0}
.note{margin:.3rem 0;font-size:.85rem;color:var(--faint)}
details{font-size:.85rem}summary{cursor:pointer;color:var(--accent)}table.points{min-width:0}
.points th,.points td{white-space:normal;min-width:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;min-width:42rem;overflow-wrap:break-word;font-size:.92rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--faint);font-weight:600;white-space:nowrap}.number{text-align:right;white-space:nowrap}
td:nth-child(2),td:nth-child(3){min-width:8rem}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dt{margin-top:.3rem}}
@media screen and (max-width:40rem){.scroll{overflow:visible}.scroll table{display:block;min-width:0}
.scroll thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.scroll tbody{display:block}.scroll tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
.scroll td{display:inline-block;min-width:0;max-width:100%;padding:0 .9rem 0 0;border:0;white-space:normal;text-align:left}
.scroll td:nth-child(2){font-weight:600}.scroll td:empty{display:none}
.scroll td[data-column]::before{content:attr(data-column) "  ";color:var(--faint)}}
.notes li{margin:.4rem 0}.advice{display:block;color:var(--faint)}
.method{margin-top:2rem;padding:.8rem 1.2rem;background:var(--box);border:1px solid var(--line);
border-radius:.6rem;font-size:.9rem}
@media print{body{max-width:none;padding:0;font-size:10pt}figure,tr,li,header,.method{break-inside:avoid}
h2,h3{break-after:avoid}.charts{grid-template-columns:1fr 1fr;gap:.5rem}figure{padding:.4rem}svg{max-height:11cm}details{display:none}
.scroll{overflow:visible}table{min-width:0}}
)css";

}  // namespace assay::report
