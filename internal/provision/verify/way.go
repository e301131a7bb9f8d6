package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/httpclient"
)

// proxyOf is the proxy by which a page is fetched; nil for none.
func proxyOf(page httpclient.Way) *url.URL {
	request, err := page.Request(context.Background())
	if err != nil {
		return nil
	}
	proxy, err := page.Transport().Proxy(request)
	if err != nil {
		return nil
	}
	return proxy
}

// way says what is wrong between this machine and the load balancer, by the last failure
// and, where the request went to a proxy, by one that doesn't; false where nothing is known to be.
func way(ctx context.Context, page httpclient.Way, proxy *url.URL, failure error, direct func(context.Context) (Answer, error)) (Cause, bool) {
	request, err := page.Request(ctx)
	if err != nil {
		return Cause{}, false
	}
	at := request.URL
	host := at.Hostname()
	if fault := httpclient.CertificateFault(failure); fault != "" {
		return Cause{
			Message: fmt.Sprintf("the certificate that the load balancer shows for %s isn't accepted: %s", page.Host(), fault),
			Hint:    "openssl s_client -connect " + at.Host + " -servername " + page.Host() + " shows it; one that was imported needs its chain, too",
		}, true
	}
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
