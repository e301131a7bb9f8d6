package api

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	regions "github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func parameterOperations() []wire.Operation {
	return []wire.Operation{
		wire.Op(Wire(), "GetParameter", getParameter),
		wire.Op(Wire(), "GetParameters", getParameters),
		wire.Op(Wire(), "GetParametersByPath", getParametersByPath),
	}
}

type parameter struct {
	Name             string
	Type             string
	Value            string
	Version          int
	LastModifiedDate float64 // seconds since 1970
	ARN              string
	DataType         string
}

// find returns a public parameter, or the refusal of its name. The name may be the
// parameter's ARN, and may end in a version, such as "…:3".
func find(region, name string) (parameter, error) {
	plain := name
	if strings.HasPrefix(name, "arn:") {
		_, rest, _ := strings.Cut(name, ":parameter/")
		plain = "/" + rest
	}
	plain, version, versioned := strings.Cut(plain, ":")
	versions := compute.ImageVersions(region, plain)
	if len(versions) == 0 && strings.HasPrefix(plain, "/aws/") {
		return parameter{}, refuse.NotSimulated("public parameter %s is not simulated", plain)
	}
	// A parameter's version counts its changes: as many as there were images.
	number := len(versions)
	if versioned {
		number, _ = strconv.Atoi(version) // 0 for what is no number, which no version has
	}
	if number < 1 || number > len(versions) {
		return parameter{}, refuse.New("ParameterNotFound", "")
	}
	image := versions[number-1]
	// The model writes its times in this form, so they can't fail to parse.
	at, _ := time.Parse(time.RFC3339, image.Created)
	return parameter{Name: plain, Type: "String", Value: image.ID, DataType: "aws:ec2:image", Version: number,
		ARN: "arn:" + regions.Partition(region) + ":ssm:" + region + "::parameter" + plain, LastModifiedDate: float64(at.UnixMilli()) / 1000}, nil
}

type getParameterInput struct {
	Name           string `query:"Name,required" min:"1" max:"2048"`
	WithDecryption bool   `query:"WithDecryption"` // none of the public ones is secret
}

type getParameterOutput struct {
	Parameter parameter
}

func getParameter(c *wire.Call, in *getParameterInput) (*getParameterOutput, error) {
	p, err := find(c.Region, in.Name)
	return &getParameterOutput{p}, err
}

type getParametersInput struct {
	Names          []string `query:"Names,required" min:"1" max:"10" eachmin:"1" eachmax:"2048"`
	WithDecryption bool     `query:"WithDecryption"`
}

type getParametersOutput struct {
	Parameters        []parameter
	InvalidParameters []string
}

func getParameters(c *wire.Call, in *getParametersInput) (*getParametersOutput, error) {
	out := &getParametersOutput{Parameters: []parameter{}, InvalidParameters: []string{}}
	for i, name := range in.Names {
		if slices.Contains(in.Names[:i], name) {
			return nil, refuse.New("ValidationException", "Duplicate parameter names are not allowed: %s", name)
		}
		switch p, err := find(c.Region, name); {
		case err == nil:
			out.Parameters = append(out.Parameters, p)
		case refuse.Is(err, "ParameterNotFound"):
			out.InvalidParameters = append(out.InvalidParameters, name)
		default:
			return nil, err
		}
	}
	return out, nil
}

type getParametersByPathInput struct {
	Path           string `query:"Path,required" min:"1" max:"2048"`
	Recursive      bool   `query:"Recursive"`
	WithDecryption bool   `query:"WithDecryption"`
	MaxResults     *int   `query:"MaxResults" min:"1" max:"10"`
	NextToken      string `query:"NextToken"`
}

type getParametersByPathOutput struct {
	Parameters []parameter
	NextToken  string `json:",omitempty"`
}

func getParametersByPath(c *wire.Call, in *getParametersByPathInput) (*getParametersByPathOutput, error) {
	if !strings.HasPrefix(in.Path, "/") {
		return nil, refuse.New("ValidationException", "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".")
	}
	prefix := strings.TrimSuffix(in.Path, "/") + "/"
	if err := known(prefix, in.Recursive); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(compute.LatestImages(c.Region))) {
		rest, under := strings.CutPrefix(name, prefix)
		// AWS's own are below /aws alone: they aren't the account's.
		if under && prefix != "/" && (in.Recursive || !strings.Contains(rest, "/")) {
			names = append(names, name)
		}
	}
	names, next, err := pageOf(names, in.NextToken, in.MaxResults, 10)
	out := &getParametersByPathOutput{Parameters: []parameter{}, NextToken: next}
	for _, name := range names {
		p, _ := find(c.Region, name) // one of those that are there
		out.Parameters = append(out.Parameters, p)
	}
	return out, err
}

// images is the path that all public parameters that are simulated lie in.
const images = "/aws/service/ami-amazon-linux-latest/"

// known refuses a path under which AWS has public parameters that aren't simulated. A path
// above that of images has none right below it.
func known(path string, recursive bool) error {
	above := strings.HasPrefix(images, path) && !recursive
	if !strings.HasPrefix(path, "/aws/") || path == images || above {
		return nil
	}
	return refuse.NotSimulated("the public parameters under %s are not simulated, only those under %s", path, images)
}
