package region_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func TestZones_AsAccountsSeeThem(t *testing.T) {
	for name, want := range map[string]string{
		"us-east-1": "abcdef", "us-west-1": "ac", "ap-northeast-1": "acd", "ca-central-1": "abd", "eu-west-1": "abc", "cn-north-1": "abd", "af-south-1": "",
	} {
		r, ok := region.Find(name)
		got, ids := "", map[string]bool{}
		for _, z := range r.Zones() {
			got += z.Name[len(name):]
			ids[z.ID] = true
		}
		if !ok || got != want || len(ids) != len(want) {
			t.Errorf("%s: zones %q with %d IDs, want %q", name, got, len(ids), want)
		}
	}
	tokyo, _ := region.Find("ap-northeast-1")
	if ids := tokyo.Zones(); ids[0].ID != "apne1-az2" || ids[1].ID != "apne1-az4" || ids[2].ID != "apne1-az1" {
		t.Errorf("zones %v", ids)
	}
}

func TestPartition_OfRegionsAndOfGlobalServices(t *testing.T) {
	for name, want := range map[string][3]string{
		"us-east-1":     {"aws", "", "amazonaws.com"},
		"cn-north-1":    {"aws-cn", "aws-cn", "amazonaws.com.cn"},
		"us-gov-west-1": {"aws-us-gov", "aws-us-gov", "amazonaws.com"},
		"aws-cn":        {"aws-cn", "aws-cn", "amazonaws.com.cn"},
		"":              {"aws", "", "amazonaws.com"},
		"moon-1":        {"aws", "", "amazonaws.com"},
	} {
		if got := [3]string{region.Partition(name), region.Global(name), region.Domain(name)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if _, ok := region.Find("moon-1"); ok {
		t.Error("there is a region moon-1")
	}
}
