/// The page's style sheet: light and dark by the reader's preference, one column on a phone, and black
/// on white when printed. Lines differ by dash as well as by colour.
enum PageStyle {
    static let css = """
        :root{color-scheme:light dark;--paper:#fdfdfb;--panel:#fff;--ink:#1d2327;--soft:#5a646b;--rule:#dde1e2;
        --accent:#0b6e69;--s1:#b4572a;--s2:#8a8f94;--s3:#7a5ea8;--s4:#2d6cb5;--s5:#8c6d00;--own:#e8f3f1}
        @media (prefers-color-scheme:dark){:root{--paper:#14181a;--panel:#1b2022;--ink:#e6eaeb;--soft:#9aa5ab;
        --rule:#333b3f;--accent:#4fc3b8;--s1:#e39063;--s2:#8d979d;--s3:#b79be4;--s4:#7fb2ee;--s5:#d8b64a;
        --own:#1d312f}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:1120px;margin:0 auto;padding:2.5rem 1.5rem 4rem}
        h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em}
        h2{font-size:1.25rem;margin:3rem 0 .4rem;padding-top:1.1rem;border-top:1px solid var(--rule)}
        h3{font-size:1rem;margin:0 0 .5rem}
        p,ul{max-width:46rem;margin:.5rem 0 1rem}
        .sub,.cap,figcaption,footer{color:var(--soft)}
        .facts{display:grid;grid-template-columns:repeat(4,1fr);gap:.8rem;margin:1.5rem 0;padding:0;
        list-style:none;
        max-width:none}
        .facts li{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem;
        font-size:.85rem;color:var(--soft);line-height:1.35}
        .facts b{display:block;font-size:1.45rem;color:var(--ink);font-variant-numeric:tabular-nums;
        line-height:1.3}
        .row{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:1.6rem;align-items:start;
        margin:1rem 0 1.6rem}
        .pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.6rem;margin:1rem 0}
        figure{margin:0;background:var(--panel);border:1px solid var(--rule);border-radius:8px;
        padding:1rem 1rem .7rem}
        figcaption{font-size:.85rem;margin-top:.5rem}
        svg{display:block;width:100%;height:auto;overflow:visible}
        svg text{font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
        fill:var(--ink)}
        svg .axis{fill:var(--soft)}svg .mid{text-anchor:middle}svg .end{text-anchor:end}
        svg .strong{font-weight:600}
        .grid{stroke:var(--rule);stroke-width:1}.zero{stroke:var(--soft);stroke-width:1}
        .line{fill:none;stroke-width:1.6;stroke-linejoin:round}
        .s0{stroke:var(--accent);stroke-width:2.8}.s1{stroke:var(--s1);stroke-dasharray:7 3}
        .s2{stroke:var(--s2);stroke-dasharray:2 3}.s3{stroke:var(--s3);stroke-dasharray:10 3 2 3}
        .s4{stroke:var(--s4);stroke-dasharray:4 2}.s5{stroke:var(--s5)}
        .bar{fill:var(--s2)}.b0{fill:var(--accent)}
        .cell{fill:var(--accent)}.cell.none{fill:none;stroke:var(--rule);stroke-dasharray:3 3}
        svg .cell-label.on{fill:var(--panel)}svg .cell-label.off{fill:var(--ink)}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;margin:.2rem 0 .6rem;
        font-size:.85rem;max-width:none}
        .legend svg{display:inline-block;width:30px;height:10px;vertical-align:middle;margin-right:.4rem}
        .table{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.86rem;font-variant-numeric:tabular-nums}
        .cap{font-size:.85rem;margin:0 0 .5rem;max-width:none}
        th,td{padding:.32rem .5rem;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
        thead th{font-weight:600;border-bottom:1px solid var(--soft);white-space:normal;vertical-align:bottom;
        line-height:1.25}
        th:first-child{text-align:left;font-weight:400}thead th:first-child{font-weight:600}
        .own{background:var(--own)}.own th:first-child{font-weight:600}
        .verdict{border-left:4px solid var(--accent);padding:.1rem 0 .1rem 1.1rem;max-width:48rem;
        font-size:1.05rem}
        code,.digest{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.82em;
        overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1.2rem;max-width:52rem;font-size:.95rem}
        dt{font-weight:600}dd{margin:0}
        footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule);font-size:.85rem}
        @media screen and (max-width:820px){main{padding:1.5rem 1rem 3rem}
        .row,.pair{grid-template-columns:minmax(0,1fr)}
        .facts{grid-template-columns:repeat(2,1fr)}h1{font-size:1.55rem}figure{padding:.8rem .6rem .6rem}
        svg text{font-size:15px}.legend svg text{font-size:12px}table{font-size:.79rem}
        th,td{padding:.3rem .17rem}        dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:.7rem}}
        @media print{:root{color-scheme:light;--paper:#fff;--panel:#fff;--ink:#000;--soft:#444;--rule:#bbb;
        --accent:#00574f;--s1:#96431b;--s2:#777;--s3:#5e4490;--s4:#1d559a;--s5:#6d5500;--own:#eee}
        @page{size:A4;margin:16mm 15mm}body{font-size:9.5pt}main{max-width:none;padding:0}
        h2{margin-top:1.6rem;break-after:avoid}figure,.facts li,tr,.legend{break-inside:avoid}
        figure{padding:.5rem}.row,.pair{gap:1rem}.row,.pair,table{break-inside:avoid}
        .cap{break-after:avoid}.facts{margin:.8rem 0}table{font-size:7.4pt}
        .cap,figcaption{font-size:8pt}.facts li{font-size:8pt}.facts b{font-size:13pt}
        .legend{font-size:8pt;break-after:avoid}
        th,td{padding:.2rem .28rem}p{break-after:auto}h2+p{break-after:avoid}.verdict{font-size:10pt}
        .bar,.cell,.own{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """
}
