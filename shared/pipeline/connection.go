package pipeline
type link struct{}
type Breaker struct{}
type Share struct{}
func defaultBreaker() Breaker { return Breaker{} }
func defaultShare() Share { return Share{} }
