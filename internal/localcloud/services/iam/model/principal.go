package model

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// checkPrincipal refuses principals that IAM refuses, those that don't exist among them.
// Source: IAM User Guide, "AWS JSON policy elements: Principal"; the refusal's words as
// public logs have them.
func checkPrincipal(tx *world.Tx, raw json.RawMessage) error {
	var anyone string
	if json.Unmarshal(raw, &anyone) == nil {
		if anyone != "*" {
			return malformed("Invalid principal in policy")
		}
		return nil
	}
	var principals map[string]texts
	if err := json.Unmarshal(raw, &principals); err != nil || len(principals) == 0 {
		return malformed("Invalid principal in policy")
	}
	for kind, names := range principals {
		check, known := map[string]func(*world.Tx, string) error{
			"Service": checkServicePrincipal, "AWS": checkAWSPrincipal, "Federated": anyPrincipal, "CanonicalUser": anyPrincipal,
		}[kind]
		if !known {
			return malformed("Invalid principal in policy: %q", kind)
		}
		for _, name := range names {
			if err := check(tx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func anyPrincipal(*world.Tx, string) error { return nil }

func checkServicePrincipal(_ *world.Tx, name string) error {
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"} {
		if strings.HasSuffix(name, domain) {
			return nil
		}
	}
	return malformed("Invalid principal in policy: %q:%q", "SERVICE", name)
}

var (
	accountPrincipal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{12}|arn:[a-z-]+:iam::[0-9]{12}:root)$`) })
	sessionPrincipal = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:[a-z-]+:sts::[0-9]{12}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+)$`)
	})
	entityPrincipal = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):(user|role)/([\x21-\x7e]+/)?([\w+=,.@-]+)$`)
	})
)

// checkAWSPrincipal refuses accounts, users and roles that can't exist. Of another account's
// it can't be known here which exist.
func checkAWSPrincipal(tx *world.Tx, name string) error {
	if name == "*" || accountPrincipal().MatchString(name) || sessionPrincipal().MatchString(name) {
		return nil
	}
	unknown := malformed("Invalid principal in policy: %q:%q", "AWS", name)
	parts := entityPrincipal().FindStringSubmatch(name)
	switch {
	case parts == nil:
		return unknown
	case parts[1] != world.AccountID:
		return refuse.NotSimulated("whether %s exists is not simulated, only the users and roles of account %s", name, world.AccountID)
	case name == arn("user", "/", world.UserName):
		return nil
	}
	if r, err := FindRole(tx, parts[4]); err != nil || r.ARN() != name {
		return unknown
	}
	return nil
}
