import time, os
from accessibility.listing import load
from accessibility import browser as B
from accessibility.browser.tab import Tab
import json
from pathlib import Path


async def test_x(gallery, tab):
    m = json.loads(Path("src/adstelle/static/manifest.json").read_text())
    T = {}
    for n in ("show", "ask", "size", "prefer", "press_tab"):

        def wrap(n, orig=getattr(Tab, n)):
            async def f(self, *a, **k):
                t = time.time()
                try:
                    return await orig(self, *a, **k)
                finally:
                    key = n + (" " + str(a[0]) if n == "ask" else "")
                    T[key] = T.get(key, 0) + time.time() - t

            return f

        setattr(Tab, n, wrap(n))
    print(os.getloadavg())
    for lang, name, state in [
        ("de", "start", "as-it-is"),
        ("de", "wann", "everything-wrong"),
        ("de", "rolle", "filled"),
        ("de", "stellen-question", "offers"),
        ("ar", "stellen-question", "offers"),
        ("de", "check", "filled"),
        ("de-simple", "safety", "as-it-is"),
        ("ar", "wann", "everything-wrong"),
        ("de", "queue", "filled"),
        ("ar", "case", "with-conversation"),
        ("de", "receipt", "given-to-somebody"),
    ]:
        s = await gallery.one(name, state, lang)
        t = time.time()
        o = "/static/" + m["style.css"]
        T.clear()
        found = await B.look(tab, s.given, s.page, o)
        print(
            s,
            round(time.time() - t, 2),
            {k: round(v, 2) for k, v in sorted(T.items(), key=lambda x: -x[1])[:12]},
        )
        t = time.time()
        r = await tab.page.evaluate(
            """async()=>{const r=await axe.run(document,{resultTypes:["violations","incomplete"],rules:{"target-size":{enabled:true},"color-contrast-enhanced":{enabled:true}},}); return {v:r.violations.map(x=>[x.id,x.nodes.map(n=>n.target.join()+n.failureSummary)]), i:r.incomplete.map(x=>[x.id,x.nodes.map(n=>n.target.join()+JSON.stringify([...n.any,...n.all,...n.none].map(c=>c.data)))])}}"""
        )
        print("  axe", round(time.time() - t, 2), json.dumps(r, ensure_ascii=False)[:1500])
        for f in found:
            print("   ", f)
    print(os.getloadavg())
