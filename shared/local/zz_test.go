package local_test
import ("testing";"time";"fmt";"sort";"sync/atomic";"causeway/shared/pipeline";"causeway/shared/routes")
func BenchmarkZZ(b *testing.B) {
	s := benchStore(b)
	var n atomic.Int64
	t0 := time.Now()
	for i:=0;i<1000;i++ { var o []pipeline.Outgoing; for j:=0;j<100;j++ { o=append(o, pipeline.Outgoing{Body: body}) }; if err:=s.Send(b.Context(), routes.Inbox("shop"), o); err!=nil {b.Fatal(err)} }
	fmt.Println("100k sent in", time.Since(t0))
	for k:=0;k<4;k++ {
	t0=time.Now(); b.N=2000
	inParallel(b, 32, func() error { return order(b, s, n.Add(1)) })
	fmt.Println("orders/s with 100k queued", 2000/time.Since(t0).Seconds())
	}
	var d []time.Duration
	for i:=0;i<300;i++ { t0:=time.Now(); order(b,s,n.Add(1)); d=append(d,time.Since(t0)) }
	sort.Slice(d,func(i,j int)bool{return d[i]<d[j]}); fmt.Println("idle p50",d[150],"p99",d[297])
	t0=time.Now(); s.Depths(b.Context()); fmt.Println("depths", time.Since(t0)); t0=time.Now(); x,_:=s.Tally(b.Context()); fmt.Println("tally", time.Since(t0), x)
}
