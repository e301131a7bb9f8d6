// Package worlds says whether two local clouds hold the same: each object with its settings and what it refers to,
// without names, IDs, addresses and moments, which differ between any two.
package worlds

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	dnsmodel "github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Object is one object of a world, without what differs from run to run.
type Object struct {
	Kind, ID string
	Body     any // as JSON has it
}

// Of reads what the cloud with that home holds, from a copy of its file while nobody changes it.
func Of(home, scratch string) ([]Object, error) {
	copied := filepath.Join(scratch, "copy")
	if err := os.RemoveAll(copied); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(copied, 0o700); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(endpoint.Directory(home), "world.db"))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(copied, "world.db"), data, 0o600); err != nil {
		return nil, err
	}
	server, err := server.New(server.Options{Dir: copied})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	var all []Object
	err = server.World().View("us-east-1", func(tx *world.Tx) error {
		all = objectsIn(tx)
		return nil
	})
	return all, err
}

// objectsIn are the objects of the VPCs that somebody made, and of no VPC.
func objectsIn(tx *world.Tx) (all []Object) {
	given := map[string]bool{} // the default VPC and what is in it, and the account's hosted zone and its own records
	for _, v := range world.Where(tx, func(v *network.VPC) bool { return v.Default }) {
		given[v.ID] = true
	}
	for _, z := range world.Where(tx.In(""), func(z *dnsmodel.Zone) bool { return z.FromTheStart }) {
		given[z.ID] = true
		for _, r := range world.Where(tx.In(""), func(r *dnsmodel.RecordSet) bool { return r.ZoneID == z.ID && r.Name == z.Name }) {
			given[r.ID] = true
		}
	}
	for _, list := range [][]Object{
		those[network.VPC](tx, "VPC"), those[network.Subnet](tx, "subnet"), those[network.InternetGateway](tx, "internet gateway"),
		those[network.Address](tx, "Elastic IP"), those[network.NATGateway](tx, "NAT gateway"), those[network.RouteTable](tx, "route table"),
		those[network.NetworkACL](tx, "network ACL"), those[network.SecurityGroup](tx, "security group"),
		those[network.SecurityGroupRule](tx, "security group rule"), those[network.NetworkInterface](tx, "network interface"),
		those[network.VPCEndpoint](tx, "VPC endpoint"), those[compute.Instance](tx, "instance"), those[compute.Volume](tx, "volume"),
		those[elbmodel.LoadBalancer](tx, "load balancer"), those[elbmodel.Listener](tx, "listener"),
		those[elbmodel.TargetGroup](tx, "target group"), those[elbmodel.Target](tx, "target"),
		those[acmmodel.Certificate](tx, "certificate"),
		// These are in no region.
		those[iammodel.Role](tx.In(""), "role"), those[iammodel.InstanceProfile](tx.In(""), "instance profile"),
		those[dnsmodel.Zone](tx.In(""), "hosted zone"), those[dnsmodel.RecordSet](tx.In(""), "DNS record"),
	} {
		for _, o := range list {
			body, _ := o.Body.(map[string]any)
			vpc, _ := body["VPCID"].(string)
			group, _ := body["GroupID"].(string) // of a rule
			if given[o.ID] || given[vpc] || given[group] {
				given[o.ID] = true
				continue
			}
			all = append(all, o)
		}
	}
	return all
}

func those[T any, P interface {
	*T
	Base() *world.Object
}](tx *world.Tx, kind string) (list []Object) {
	for _, o := range world.Where(tx, func(P) bool { return true }) {
		data, err := json.Marshal(o)
		if err != nil {
			panic(fmt.Sprintf("worlds: %s can't be read: %v", reflect.TypeFor[T](), err)) // the world keeps them as JSON
		}
		var body any
		if err := json.Unmarshal(data, &body); err != nil {
			panic(fmt.Sprintf("worlds: %s can't be read: %v", reflect.TypeFor[T](), err))
		}
		list = append(list, Object{kind, o.Base().ID, body})
	}
	return list
}

// Names, tags, addresses that AWS draws, and tokens differ between any two platforms, and
// say nothing of what they are; nor do moments, which plain knows by their form.
var incidental = regexp.MustCompile(`^(ID|Serial|SerialNumber|ProfileID|Created|Tags|Next|Boots|ReservationID|LaunchIndex|Reason|StateReason|RoleID|MAC|ARN|ClientToken|.*Name|.*IP|IP)$`)

// drawn is the shape of IDs, also in the middle of a text; Route 53's begin with a Z, and those of load balancers' own
// zones, which are shorter, are not drawn.
var drawn = regexp.MustCompile(`\b([a-z]+-)?[0-9a-f]{16,17}\b|\b(Z)[0-9A-Z]{18,}\b`)

// labels name every object by what it is and what it refers to, to any depth: two worlds
// are the same where they have the same labels equally often.
func labels(objects []Object) map[string][]Object {
	label := map[string]string{} // of IDs; where a role and an instance profile share one, a reference is to the latter
	for _, o := range objects {
		label[o.ID] = o.Kind
	}
	var all map[string][]Object
	for range 4 { // rounds; each tells of one reference further
		next := map[string]string{}
		all = map[string][]Object{}
		for _, o := range objects {
			text, err := json.Marshal(plain(o.Body, label))
			if err != nil {
				panic("worlds: " + err.Error()) // it came from JSON
			}
			sum := sha256.Sum256(text)
			next[o.ID] = o.Kind + " " + hex.EncodeToString(sum[:6])
			all[next[o.ID]] = append(all[next[o.ID]], o)
		}
		label = next
	}
	return all
}

// plain is a body without what is incidental, and with labels for IDs. Lists are sets.
func plain(body any, label map[string]string) any {
	switch v := body.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, value := range v {
			if !incidental.MatchString(key) {
				kept[key] = plain(value, label)
			}
		}
		return kept
	case []any:
		list := make([]string, len(v))
		for i, value := range v {
			text, err := json.Marshal(plain(value, label))
			if err != nil {
				panic("worlds: " + err.Error())
			}
			list[i] = string(text)
		}
		slices.Sort(list)
		return list
	case string:
		if known, ok := label[v]; ok {
			return known
		}
		if _, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return "a moment"
		}
		var document map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &document) == nil {
			return plain(document, label) // such as a policy: however it is written
		}
		return drawn.ReplaceAllString(v, "${1}${2}…")
	}
	return body
}

// Differences are the objects that only one of two worlds has, in words.
func Differences(ours, theirs []Object) (only []string) {
	a, b := labels(ours), labels(theirs)
	tell := func(whose string, more, fewer map[string][]Object) {
		for _, name := range slices.Sorted(maps.Keys(more)) {
			if n := len(more[name]) - len(fewer[name]); n > 0 {
				text, _ := json.Marshal(plain(more[name][0].Body, map[string]string{}))
				only = append(only, fmt.Sprintf("%s: %d × %s %s", whose, n, more[name][0].Kind, text))
			}
		}
	}
	tell("platformctl", a, b)
	tell("Terraform", b, a)
	return only
}
