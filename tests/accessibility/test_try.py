import time, pytest, traceback
from tests.accessibility.visitor import visit
from accessibility.listing import load
L=load()
async def test_x(service):
    t=time.time(); n=0
    for p in L.page:
        for s in p.state:
            t0=time.time()
            try:
                a=await visit(service,L,p.side,s,"de")
                ok = a.status_code==s.status
                print(f"{p.name}/{s.name} {a.status_code} {'' if ok else 'EXPECTED %d'%s.status} {time.time()-t0:.2f} {a.url}")
            except Exception as e:
                print(p.name,s.name,"EXC",repr(e)[:300])
            n+=1
    print(n,time.time()-t)
