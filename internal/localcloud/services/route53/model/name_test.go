package model_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
)

// FuzzNames writes any name as Route 53 and as the DNS: both mean the same name, and once is enough.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"a.example.localhost", "*.a", `\052.a`, `a\.b.c`, "A-b_c.", "a..b", "", ".", "é", `a\\b`, `\400`, `\200\303A`, strings.Repeat("a", 64), "!#$%&'()*+,/:;<=>?@[]^`{|}~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if model.CheckName(name) != nil {
			return
		}
		listed := model.Canonical(name)
		presented := model.Presented(listed)
		if again := model.Canonical(listed); again != listed {
			t.Errorf("%q is %q, and that is %q", name, listed, again)
		}
		if back := model.Canonical(model.FromPresented(presented)); back != listed {
			t.Errorf("%q is %q, in the DNS %q, and that is %q", name, listed, presented, back)
		}
		if _, ok := dns.IsDomainName(presented); !ok {
			t.Errorf("%q is %q, which the DNS can't have", name, presented)
		}
	})
}
