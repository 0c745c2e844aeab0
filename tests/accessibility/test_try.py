import time, cProfile, pstats
from accessibility import rules
from accessibility.listing import load
async def test_x(gallery):
    for lang in ("de",):
        t=time.time(); c=time.process_time(); all=[]
        for p in load().page:
            t1=time.time()
            all += await gallery.of(p.name, lang)
            print(p.name, len(p.state), round(time.time()-t1,2))
        print("crawl", time.time()-t, time.process_time()-c)
        pr=cProfile.Profile(); pr.enable()
        t=time.time(); c=time.process_time()
        for s in all: rules.check(s.page)
        print("rules", time.time()-t, time.process_time()-c)
        pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(22)
