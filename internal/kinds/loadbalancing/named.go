package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// namedObjects is what load balancers and target groups have in common: names that are unique in
// the region, and tags and attributes that only calls of their own read. T is an object as the
// list has it.
type namedObjects[T any] struct {
	noun string
	// all reads the region's objects, whichever platform they belong to.
	all func(context.Context, *awsapi.Clients) ([]T, error)
	// byName reads those of one name.
	byName func(context.Context, *awsapi.Clients, string) ([]T, error)
	// attributes reads those of one object.
	attributes func(ctx context.Context, c *awsapi.Clients, arn string) (map[string]string, error)
	about      func(T) (arn, name *string)
}

// of are those that may be of the owner, so that other people's are not asked about: by their names, of which those of
// Everyone say nothing, so that their tags are read first. In the end the tags decide.
func (n namedObjects[T]) of(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]T, error) {
	named, err := n.named(ctx, c, owner)
	if err != nil || !owner.IsEveryone() {
		return named, err
	}
	tags, err := tagsOfBoth(ctx, c, owner)
	return slices.DeleteFunc(named, func(object T) bool { return !owner.Owns(tags[n.arn(object)]) }), err
}

// named are those whose name may be of the owner: all, of Everyone.
func (n namedObjects[T]) named(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]T, error) {
	all, err := n.all(ctx, c)
	var may []T
	for _, object := range all {
		if _, name := n.about(object); owner.IsEveryone() || strings.HasPrefix(aws.ToString(name), owner.Platform+"-") {
			may = append(may, object)
		}
	}
	return may, err
}

// arnsOf are the ARNs of those whose name may be of the owner.
func (n namedObjects[T]) arnsOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]string, error) {
	list, err := n.named(ctx, c, owner)
	arns := make([]string, len(list))
	for i := range list {
		arns[i] = n.arn(list[i])
	}
	return arns, err
}

func (n namedObjects[T]) arn(object T) string {
	arn, _ := n.about(object)
	return aws.ToString(arn)
}

// eachOf reads something of every ARN of the owner's objects, and leaves out what is gone.
func eachOf[T, V any](ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, n namedObjects[T], read func(ctx context.Context, c *awsapi.Clients, arn string) (V, error)) (map[string]V, error) {
	list, err := n.of(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	arns := make([]string, len(list))
	for i := range list {
		arns[i] = n.arn(list[i])
	}
	return awsapi.Each(ctx, arns, func(ctx context.Context, arn string) (V, error) { return read(ctx, c, arn) })
}

// basic reads the owner's objects and their tags at once, and makes live ones of those that have tags.
func basic[T, L any](n namedObjects[T], live func(object T, attributes, tags map[string]string) L) reader[[]L] {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]L, error) {
		all, tags, err := both(ctx, c, owner, n.of, tagsOfBoth)
		var lives []L
		for _, object := range all {
			if own := tags[n.arn(object)]; own != nil {
				lives = append(lives, live(object, nil, own))
			}
		}
		return lives, err
	}
}

// whole reads their attributes, too, and leaves out what has none.
func whole[T, L any](n namedObjects[T], live func(object T, attributes, tags map[string]string) L) reader[[]L] {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]L, error) {
		type tagged struct {
			object T
			tags   map[string]string
		}
		all, attributes, err := both(ctx, c, owner,
			basic(n, func(object T, _, tags map[string]string) tagged { return tagged{object, tags} }),
			func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string]map[string]string, error) {
				return eachOf(ctx, c, owner, n, n.attributes)
			})
		var lives []L
		for _, one := range all {
			if own := attributes[n.arn(one.object)]; own != nil {
				lives = append(lives, live(one.object, own, one.tags))
			}
		}
		return lives, err
	}
}

// createNamed looks for the name first: where an object of that name has the same settings, AWS
// gives it back as if it had just been made, no matter who made it. duplicate is how AWS refuses
// a name that is taken.
func createNamed[S resource.Spec, T any](ctx context.Context, call resource.Call[S], n namedObjects[T], duplicate string, create func(name *string) ([]T, error)) (string, error) {
	name := call.PhysicalName()
	if arn, err := findNamed(ctx, call, n, name); arn != "" || err != nil {
		return arn, err
	}
	made, err := create(&name)
	if awsapi.HasCode(err, duplicate) { // by one that was not there a moment ago
		return "", &awsapi.Unseen{Err: err}
	}
	if err != nil {
		return "", err
	}
	return n.arn(made[0]), nil
}

// findNamed is the ARN of the call's own object of that name, "" where the name is free, and an
// error where it is somebody else's.
func findNamed[S resource.Spec, T any](ctx context.Context, call resource.Call[S], n namedObjects[T], name string) (string, error) {
	there, err := n.byName(ctx, call.Clients, name)
	switch {
	case awsapi.IsNotFound(err) || err == nil && len(there) == 0:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look whether there is a %s %s already: %w", n.noun, name, err)
	}
	arn := n.arn(there[0])
	own, err := isCallsOwn(ctx, call, n.noun, arn)
	if err != nil {
		return "", err
	}
	if !own {
		return "", fmt.Errorf("a %s named %s is there already, and its tags say that it is not platform %s's; delete it or choose another platform name",
			n.noun, name, call.Owner.Platform)
	}
	call.Unconfirmed()
	return arn, nil
}

// unplaceable names the new objects whose names others have, by what the lists have read.
func unplaceable[T any](n namedObjects[T]) func(context.Context, *awsapi.Clients, awsapi.Owner, []resource.Creation) ([]resource.Problem, error) {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, creations []resource.Creation) ([]resource.Problem, error) {
		all, tags, err := both(ctx, c, owner, n.named, tagsOfBoth)
		var problems []resource.Problem
		for _, creation := range creations {
			name := resource.PhysicalName(owner.Platform, creation.Key.Name, creation.Generation)
			for _, object := range all {
				_, its := n.about(object)
				own := tags[n.arn(object)]
				if aws.ToString(its) != name || own == nil || owner.Owns(own) && own[awsapi.TagKey] == creation.Key.String() {
					continue
				}
				problems = append(problems, resource.Problem{
					Key: creation.Key, Text: fmt.Sprintf("somebody else's %s has the name %s", n.noun, name),
					Hint: "delete it, or choose another name for the platform",
				})
			}
		}
		return problems, err
	}
}

// valuesOf are attributes by name.
func valuesOf[A any](attributes []A, of func(A) (name, value *string)) map[string]string {
	values := map[string]string{}
	for _, a := range attributes {
		name, value := of(a)
		values[aws.ToString(name)] = aws.ToString(value)
	}
	return values
}
