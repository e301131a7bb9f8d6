package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// proxyOf is the proxy that the environment names for an address; nil for none.
func proxyOf(address string) *url.URL {
	req, err := http.NewRequest(http.MethodGet, address, http.NoBody) //nolint:noctx // it is not sent
	if err != nil {
		return nil
	}
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil
	}
	return proxy
}

// way says what is wrong between this machine and the load balancer, by the last failure
// and, where the request went to a proxy, by one that doesn't; false where nothing is known to be.
func way(ctx context.Context, address string, proxy *url.URL, failure error, direct func(context.Context) (Answer, error)) (Cause, bool) {
	at, err := url.Parse(address)
	if err != nil {
		return Cause{}, false
	}
	host := at.Hostname()
	if proxy != nil {
		around := "NO_PROXY=" + host + " platformctl up goes around it"
		if awsapi.CauseOf(failure) == awsapi.Proxy {
			return Cause{Message: fmt.Sprintf("the proxy %s, which the environment names, doesn't answer: %s", proxy.Host, awsapi.Text(failure)), Hint: "correct HTTP_PROXY; " + around}, true
		}
		if answer, err := direct(ctx); err == nil && answer.Fault() == "" {
			return Cause{Message: fmt.Sprintf("the page comes without the proxy %s, and not through it", proxy.Host), Hint: around}, true
		}
	}
	var (
		dns     *net.DNSError
		timeout net.Error
	)
	switch {
	case errors.As(failure, &dns):
		return Cause{
			Message: fmt.Sprintf("this machine finds no address of %s: %s", host, dns.Err),
			Hint:    "its resolver may still know the name as one that isn't there: the same command goes on in a minute; from elsewhere, dig " + host,
		}, true
	case awsapi.CauseOf(failure) == awsapi.Unreachable && errors.As(failure, &timeout) && timeout.Timeout():
		return Cause{
			Message: fmt.Sprintf("no connection to %s comes about: something drops its packets", at.Host),
			Hint:    "try from another network; where it fails there, too, look at the account's VPC Block Public Access: aws ec2 describe-vpc-block-public-access-options",
		}, true
	case awsapi.CauseOf(failure) == awsapi.Unreachable:
		return Cause{Message: fmt.Sprintf("%s can't be reached from this machine: %s", at.Host, awsapi.Text(failure)), Hint: "check this machine's network, and try from another one"}, true
	}
	return Cause{}, false
}
