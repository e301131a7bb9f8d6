//go:build judges

package desync

// deviation is what becomes of a case here where the suite's tier says otherwise; by mode, without those that agree.
type deviation struct {
	why   string
	modes map[string]outcome
}

// The reasons.
const (
	encoding = "a load balancer answers 501 to an encoding other than chunked and identity (docs, Troubleshoot your " +
		"Application Load Balancers), whatever its tier"
	noEnd    = "nobody can tell where the body ends, so it isn't passed on in any mode"
	noMethod = "a method that is no token can't be written to a target"
	noLine   = "a version or a path that is none can't be written to a target"
	onWire   = "on the wire the line ends within the target, so this is a request of HTTP/0.9, which ends its connection"
)

// declared is every case that differs.
func declared() map[string]deviation {
	refused := func(status int, modes ...string) map[string]outcome {
		all := map[string]outcome{}
		for _, mode := range modes {
			all[mode] = outcome{status: status, closed: true}
		}
		return all
	}
	out := map[string]deviation{
		"uri-specific-test-cases/Request Smuggling in URI": {onWire,
			map[string]outcome{"monitor": {status: 200, closed: true, requests: 1, reused: true}}},
	}
	add := func(why string, modes map[string]outcome, keys ...string) {
		for _, key := range keys {
			out[key] = deviation{why, modes}
		}
	}
	add(encoding, refused(501, "monitor", "defensive", "strictest"),
		"more-compliant-tests/Correct TE OK",
		"more-compliant-tests/Transfer-Encoding: identity and chunked OK",
		"more-compliant-tests/Multiple transfer encoding headers in a single request OK",
		"rfc-compliant/Different Transfer-Encoding headers",
		"rfc-compliant/Different Transfer-Encoding headers combined",
		"rfc-compliant/Transfer-Encoding with a param: chunked;custom_param")
	add(encoding, refused(501, "monitor", "defensive"),
		"ambiguous/Both Transfer-Encoding and Content-Length",
		"real-life-test-cases/Transfer-Encoding: identity and Content-Length",
		"real-life-test-cases/Multiple transfer encoding headers in a single request")
	add(encoding, refused(501, "monitor"),
		"real-life-test-cases/Transfer-Encoding: chunk",
		"real-life-test-cases/Transfer-Encoding: xchunked",
		"real-life-test-cases/Chunks Priority on Content-Length.2",
		`real-life-test-cases/Transfer-Encoding: \x00chunked`,
		"severe/Unknown Transfer-Encoding: xchunked",
		`severe/Bad character in Transfer-Encoding value: chunked\x11`)
	add(noEnd, refused(400, "monitor"),
		"severe/Multiple Content-Length",
		"severe/Bad Content-Length: 1000,1000",
		"severe/Bad Content-Length: 1000 1000",
		"severe/Bad Content-Length: 1000.1000",
		"severe/Bad Content-Length (64-bits overflow)",
		`severe/Bad character in Content-Length value: 1000\x11`)
	add(noMethod, refused(400, "monitor"), "severe/Bad method")
	add(noLine, refused(400, "monitor"),
		"uri-specific-test-cases/[space] in URI resulted in a bad version",
		`uri-specific-test-cases/\0 at the start of URI`)
	return out
}
