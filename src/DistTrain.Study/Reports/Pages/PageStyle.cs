namespace DistTrain.Study.Reports.Pages;

/// <summary>
/// How pages look. Series have the colours of M. Okabe and K. Ito (Color Universal Design, 2008; recommended by B. Wong, Points of view: Color blindness, Nature Methods 8, 2011) without the yellow, which nobody sees on
/// white; lighter ones of the same hues in the dark. The ramp is viridis (N. Smith and S. van der Walt, 2015, CC0) without the end that is near the ground.
/// </summary>
internal static class PageStyle
{
    public const string Css = """
        :root{--paper:#fff;--raised:#f6f8fa;--text:#1c2128;--muted:#57606a;--line:#d8dee4;--grid:#e6e9ed;--minor:#f2f4f6;--axis:#8c959f;--link:#0b5cad;--mark:#0072b2;--warn:#b35900}
        .s0{--c:#0072b2}.s1{--c:#d55e00}.s2{--c:#009e73}.s3{--c:#b8608f}.s4{--c:#e69f00}.s5{--c:#56b4e9}.s6{--c:#4d4d4d}.ink{--c:var(--text)}.faint{--c:#8c959f}
        .r0{--c:#440154}.r1{--c:#482475}.r2{--c:#414487}.r3{--c:#355f8d}.r4{--c:#2a788e}.r5{--c:#21918c}.r6{--c:#22a884}.r7{--c:#44bf70}.r8{--c:#7ad151}.r9{--c:#a8d629}
        @media screen and (prefers-color-scheme:dark){:root{--paper:#0f1318;--raised:#181d24;--text:#e6eaef;--muted:#9aa5b1;--line:#30363d;--grid:#242b33;--minor:#1a2027;--axis:#6e7781;--link:#6cb6ff;--mark:#56b4e9;--warn:#f0a04b}
        .s0{--c:#4aa8e0}.s1{--c:#f0824a}.s2{--c:#2fc49a}.s3{--c:#dd94bc}.s4{--c:#f0b429}.s5{--c:#9bd4f5}.s6{--c:#c4ccd4}.faint{--c:#7d8894}
        .r0{--c:#5a5fa8}.r1{--c:#4a6fb0}.r2{--c:#3a82b0}.r3{--c:#2a94a8}.r4{--c:#22a69a}.r5{--c:#2cb88a}.r6{--c:#4ac872}.r7{--c:#7ad151}.r8{--c:#b4de2c}.r9{--c:#fde725}}
        *{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
        body{margin:0 auto;max-width:1240px;padding:28px 24px 40px;background:var(--paper);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI","Liberation Sans","DejaVu Sans",sans-serif}
        header{border-bottom:1px solid var(--line);padding-bottom:14px;margin-bottom:8px}
        .kind{margin:0;color:var(--mark);font-weight:600;font-size:14px}.title{margin:2px 0 6px;color:var(--muted);overflow-wrap:anywhere}
        h1{font-size:27px;line-height:1.28;margin:0;max-width:40em;font-weight:650;overflow-wrap:anywhere}h2{font-size:20px;margin:30px 0 10px}h3{font-size:16px;margin:0 0 6px}h4{font-size:14px;margin:4px 0 2px;color:var(--muted)}
        section>p{max-width:52em;color:var(--muted);margin:0 0 12px}
        .findings ul,.refusals ul{margin:0;padding-left:20px;max-width:56em}.findings li,.refusals li{margin:5px 0;overflow-wrap:anywhere}.refusals li::marker{color:var(--warn)}.findings li::marker{color:var(--mark)}
        .figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}
        figure{margin:0;padding:16px 16px 12px;border:1px solid var(--line);border-radius:10px;display:flex;flex-direction:column;min-width:0}
        figure.broad{grid-column:1/-1}.broad .drawings{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px}.broad.single .drawings{grid-template-columns:minmax(0,1fr)}.drawings{flex:1;display:flex;flex-direction:column}.drawings>div{flex:1;display:flex;flex-direction:column;min-width:0}.drawings .wide,.drawings .narrow{margin-top:auto}
        figcaption,.note{color:var(--muted);font-size:14px;line-height:1.45;margin:8px 0 0}.note{margin:0 0 8px}
        a{color:var(--link)}.csv{white-space:nowrap}
        svg{display:block;width:100%;height:auto}svg text{font-size:13px;fill:var(--muted)}.narrow svg text{font-size:12px}svg .label{fill:var(--text)}svg .small{font-size:11px}svg .inside{fill:var(--paper)}
        .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
        .grid line{stroke:var(--grid)}.grid .minor{stroke:var(--minor)}.axis line{stroke:var(--axis)}
        .l{fill:none;stroke:var(--c);stroke-linejoin:round;stroke-linecap:round}.l[stroke-dasharray]{stroke-linecap:butt}.d{fill:var(--c);stroke:var(--paper);stroke-width:1}.h{fill:var(--paper);stroke:var(--c);stroke-width:1.8}
        .o{fill:none;stroke:var(--c);stroke-width:2;stroke-linecap:round}.f{fill:var(--c)}.b{fill:var(--c);opacity:.17}
        .narrow{display:none}
        .legend{list-style:none;margin:0 0 8px;padding:0;display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--muted)}.legend li{display:flex;align-items:center;gap:6px}
        .legend .key{width:30px;height:14px;flex:none}.legend .ramp{width:80px;height:14px;flex:none}
        .table{margin:20px 0 14px}.scroll{overflow-x:auto;max-width:100%}table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
        th,td{padding:5px 12px 5px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{font-weight:600;color:var(--muted);vertical-align:bottom}td:last-child,th:last-child{padding-right:4px}
        .left1 :is(th,td):nth-child(-n+1),.left2 :is(th,td):nth-child(-n+2),.left3 :is(th,td):nth-child(-n+3),.left4 :is(th,td):nth-child(-n+4){text-align:left}
        .left9 :is(th,td){text-align:left}
        .matrix :is(th,td):not(:first-child){padding-left:9px;padding-right:9px}.matrix td:not(:first-child):not(:last-child){text-align:center}.matrix th:not(:first-child):not(:last-child){text-align:center}
        .shade{background:color-mix(in srgb,var(--mark) calc(var(--p)*.7),transparent)}
        details.table{border:1px solid var(--line);border-radius:8px;padding:8px 14px}summary{cursor:pointer;font-weight:600}details[open] summary{margin-bottom:8px}
        .pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 40px}dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 18px;margin:0;font-size:14px}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
        footer{margin-top:34px;padding-top:10px;border-top:1px solid var(--line);color:var(--muted);font-size:13px}
        #tip{position:fixed;z-index:9;max-width:320px;padding:6px 10px;border-radius:6px;background:var(--text);color:var(--paper);font-size:13px;line-height:1.4;pointer-events:none;white-space:pre-line}
        @media (max-width:900px){.figures,.broad .drawings,.pair{grid-template-columns:minmax(0,1fr)}.drawings svg{max-width:700px}.single svg{max-width:none}}
        @media (max-width:560px){body{padding:16px 12px 28px;font-size:15px}h1{font-size:21px}h2{font-size:18px}.wide{display:none}.narrow{display:block}figure{padding:12px 8px 10px}dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:6px}}
        @media print{:root{--paper:#fff;--text:#000;--muted:#333;--line:#bbb;--grid:#ddd;--minor:#eee;--axis:#666}body{max-width:none;padding:0;font-size:10.5pt}h1{font-size:17pt}.drawings svg{max-width:520px}.broad .drawings{grid-template-columns:repeat(2,minmax(0,1fr))}.single .drawings{grid-template-columns:minmax(0,1fr)}.single svg{max-width:none}figure,tr,li{break-inside:avoid}h2,h3{break-after:avoid}
        .figures{gap:10px}.wide{display:block}.narrow,#tip,.csv{display:none}.scroll{overflow:visible}details.table:not([open]){display:none}table{font-size:8.5pt}}
        """;

    /// <summary>Shows what a mark says at once, and at the touch of a finger; without it the browser shows the same after a while.</summary>
    public const string Script = """
        (function(){var t=document.getElementById('tip'),of=new WeakMap();
        function show(e){var m=e.target.closest&&e.target.closest('svg *'),s=m&&(of.get(m)||(m.querySelector&&m.querySelector(':scope>title')&&m.querySelector(':scope>title').textContent));
        if(!s){t.hidden=true;return}var n=m.querySelector(':scope>title');if(n){of.set(m,s);n.remove();m.setAttribute('aria-label',s)}
        t.textContent=s;t.hidden=false;var x=e.clientX+14,y=e.clientY+14,b=t.getBoundingClientRect();
        if(x+b.width>innerWidth-8)x=Math.max(8,e.clientX-b.width-14);if(y+b.height>innerHeight-8)y=Math.max(8,e.clientY-b.height-14);t.style.left=x+'px';t.style.top=y+'px'}
        addEventListener('pointermove',show,{passive:true});addEventListener('pointerdown',show,{passive:true});addEventListener('scroll',function(){t.hidden=true},{passive:true})})();
        """;
}
