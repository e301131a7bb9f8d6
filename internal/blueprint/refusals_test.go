package blueprint_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/resource"
)

func TestPropagating_OneKindKnowsTheRefusal(t *testing.T) {
	for _, test := range []struct {
		code, message string
		kind          string // "" is none
	}{
		{"InvalidParameterValue", "Value (shop-web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", "instance"},
		{"InvalidParameterValue", "IAM Instance Profile shop-web has no associated IAM Roles", "instance"},
		{"InvalidParameterValue", "Invalid availability zone", ""},
		{"InvalidParameterValue", "route table rtb-1 and network gateway igw-1 belong to different networks", "route-table"},
		{"InvalidSubnet", "VPC vpc-1 has no internet gateway", "load-balancer"},
		{"InvalidSubnet", "The subnet is too small", ""},
		{"InvalidSecurityGroup", "One or more security groups are invalid", "load-balancer"},
		{"ValidationError", "The VPC ID 'vpc-1' is not found", "target-group"},
		{"ValidationError", "The VPC ID 'vpc-1' is not valid", ""},
		{"InvalidTarget", "The following targets are not in a running state", "registration"},
	} {
		err := fmt.Errorf("create it: %w", &smithy.GenericAPIError{Code: test.code, Message: test.message})
		var got, want []string
		if test.kind != "" {
			want = []string{test.kind}
		}
		for _, kind := range blueprint.Kinds() {
			if slices.ContainsFunc(kind.Propagating, func(r awsapi.Refusal) bool { return r.Matches(err) }) {
				got = append(got, kind.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %q is known to %v, want %v", test.code, test.message, got, want)
		}
	}
}

func TestQuotaBehind_FindsQuotaOfRefusal(t *testing.T) {
	seen := map[string]string{}
	for _, kind := range blueprint.Kinds() {
		for _, quota := range kind.Quotas {
			for _, code := range quota.Refusals {
				if other := seen[code]; other != "" {
					t.Errorf("%s is a refusal of %s and of %s", code, other, kind.Name)
				}
				seen[code] = kind.Name
				if found, ok := resource.QuotaBehind(blueprint.Kinds(), code); !ok || found.Code != quota.Code {
					t.Errorf("%s is of quota %q, want %q", code, found.Code, quota.Code)
				}
				err := &smithy.GenericAPIError{Code: code}
				if awsapi.CauseOf(err) != awsapi.QuotaFull {
					t.Errorf("%s is not taken for a quota", code)
				}
			}
		}
	}
	if len(seen) != 16 {
		t.Errorf("%d refusals, want 16", len(seen))
	}
	if quota, ok := resource.QuotaBehind(blueprint.Kinds(), "ThingLimitExceeded"); ok {
		t.Errorf("an unknown refusal is of %q", quota.Name)
	}
}
