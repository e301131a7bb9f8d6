package kills

import (
	"slices"
	"testing"

	"github.com/platformctl/platformctl/resilience/lab"
)

func TestSample_TakesFromEachPart(t *testing.T) {
	var list []Point
	for at := range 100 {
		list = append(list, Point{Moment: Moment{At: at}})
	}
	taken := sample(list, 10, 1)
	for i, p := range taken {
		if p.At/10 != i {
			t.Errorf("the %d. is %d: not of its part", i, p.At)
		}
	}
	again, other := sample(list, 10, 1), sample(list, 10, 2)
	same, differs := true, false
	for i := range taken {
		same = same && taken[i].At == again[i].At
		differs = differs || taken[i].At != other[i].At
	}
	if !same || !differs {
		t.Errorf("the seed doesn't decide: %v %v %v", taken, again, other)
	}
	if len(sample(list, 0, 1)) != 100 || len(sample(list, 200, 1)) != 100 {
		t.Error("all is not all")
	}
}

func TestMoments_AllOrChanges(t *testing.T) {
	calls := []lab.Call{{N: 1, Operation: "DescribeVpcs"}, {N: 2, Operation: "CreateVpc"}, {N: 3, Operation: "CreateSubnet"}, {N: 4, Operation: "CreateSubnet"}}
	if got := new(Flags).Moments(calls); len(got) != 4 || got[3] != (Moment{At: 4}) {
		t.Errorf("every call: %v", got)
	}
	if got, want := changes(calls), []Moment{{1, "CreateVpc"}, {1, "CreateSubnet"}, {2, "CreateSubnet"}}; !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}
