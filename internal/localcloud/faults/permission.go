package faults

import (
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// faultsPolicy is the name of the policy that stands for what the faults deny.
const faultsPolicy = "PlatformctlLocalFaults"

// decide says whether the faults let the caller carry out an action, such as "ec2:CreateVpc".
func (c *Config) decide(service, name string) policy.Verdict {
	switch {
	case len(c.Deny) > 0 && matchesAny(c.Deny, service, name):
		return policy.Verdict{Decision: policy.ExplicitDeny, Matched: []policy.Match{{Policy: faultsPolicy, Sid: faultsPolicy, Effect: "Deny"}}}
	case !matchesAny(c.Allow, service, name):
		return policy.Verdict{Decision: policy.ImplicitDeny}
	}
	return policy.Verdict{Decision: policy.Allowed, Matched: []policy.Match{{Policy: faultsPolicy, Sid: faultsPolicy, Effect: "Allow"}}}
}

// SetPolicies gives all callers policies, which allow what they may do. None of them means everything.
func (i *Injector) SetPolicies(policies []policy.Policy) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.policies = policies
}

// Decide says what the faults, and the caller's policies, say of a request at the moment.
func (i *Injector) Decide(r policy.Request) policy.Verdict {
	i.mu.Lock()
	defer i.mu.Unlock()
	v, _ := i.decide(r)
	return v
}

// decide also says whether the decision is the faults'.
func (i *Injector) decide(r policy.Request) (v policy.Verdict, byFaults bool) {
	of, name, _ := strings.Cut(r.Action, ":")
	if v := i.config.decide(of, name); v.Decision != policy.Allowed || i.policies == nil {
		return v, true
	}
	r.Context = service.Merged(i.principal(), r.Context)
	return policy.Principal{Identity: i.policies}.Decide(r), false
}

// principal are the condition keys that every request has.
func (i *Injector) principal() policy.Context {
	now := i.now()
	return policy.Context{
		"aws:CurrentTime": {now.UTC().Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(now.Unix(), 10)},
		"aws:PrincipalAccount": {world.AccountID}, "aws:PrincipalArn": {service.UserARN()}, "aws:PrincipalType": {"User"},
		"aws:ResourceAccount": {world.AccountID}, "aws:SecureTransport": {"false"},
		"aws:userid": {service.UserID}, "aws:username": {service.UserName},
	}
}

// permissions lists what a call needs the permission for, where anything could deny it.
func (i *Injector) permissions(c *wire.Call) (all []service.Permission, err error) {
	i.mu.Lock()
	asked := len(i.config.Deny) > 0 || len(i.config.Allow) > 0 || i.policies != nil
	i.mu.Unlock()
	s, known := service.Find(i.services, c.Service)
	if !asked || !known {
		return nil, nil
	}
	err = i.world.View(c.Region, func(tx *world.Tx) error {
		all = s.PermissionsFor(tx, c)
		return nil
	})
	return all, err
}

// lacks is the refusal of a call for the first permission that the caller lacks, and the fault that denies it; nil
// where none is lacking.
func (i *Injector) lacks(s service.Service, c *wire.Call, permissions []service.Permission) (Fault, *wire.Error) {
	for _, p := range permissions {
		context := service.Merged(policy.Context{"aws:RequestedRegion": {c.Region}}, p.Context)
		r := policy.Request{Action: p.String(), Resource: p.Resource, Context: context}
		v, byFaults := i.decide(r)
		if !byFaults && i.OnDecision != nil {
			i.OnDecision(r, v)
		}
		switch {
		case v.Decision == policy.Allowed:
		case byFaults:
			return Denied, denied(s, c, p, v)
		default:
			return "", denied(s, c, p, v)
		}
	}
	return "", nil
}
