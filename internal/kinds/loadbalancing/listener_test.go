package loadbalancing

import "testing"

func TestListener_DeletedWithLoadBalancer(t *testing.T) {
	const prefix = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
	for arn, want := range map[string]string{
		prefix + "listener/app/shop-alb/50dc6c495c0c9188/f2f7dc8efc522ab2": "load-balancer/" + prefix + "loadbalancer/app/shop-alb/50dc6c495c0c9188",
		"listener-1": "load-balancer/",
	} {
		if got := ListenerKind().DeletedWith(arn); got != want {
			t.Errorf("%s is in %s, want %s", arn, got, want)
		}
	}
}
