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

// find returns a public parameter. The name may be the parameter's ARN, and may end in
// a version, such as "…:3".
func find(region, name string) (parameter, bool) {
	plain := name
	if strings.HasPrefix(name, "arn:") {
		_, rest, _ := strings.Cut(name, ":parameter/")
		plain = "/" + rest
	}
	plain, version, versioned := strings.Cut(plain, ":")
	id, ok := compute.LatestImages(region)[plain]
	if !ok {
		return parameter{}, false
	}
	// A parameter's version counts its changes: as many as there were images.
	p := parameter{Name: plain, Type: "String", Value: id, DataType: "aws:ec2:image",
		ARN: "arn:aws:ssm:" + region + "::parameter" + plain}
	for _, image := range compute.Images(region) {
		if strings.HasSuffix(plain, image.Architecture) {
			p.Version++
		}
		if image.ID == id {
			// The model writes its times in this form, so they can't fail to parse.
			at, _ := time.Parse(time.RFC3339, image.Created)
			p.LastModifiedDate = float64(at.UnixMilli()) / 1000
		}
	}
	return p, !versioned || version == strconv.Itoa(p.Version)
}

type getParameterInput struct {
	Name           string `query:"Name,required" min:"1" max:"2048"`
	WithDecryption bool   `query:"WithDecryption"` // none of the public ones is secret
}

type getParameterOutput struct {
	Parameter parameter
}

func getParameter(c *wire.Call, in *getParameterInput) (*getParameterOutput, error) {
	p, ok := find(c.Region, in.Name)
	if !ok {
		return nil, refuse.New("ParameterNotFound", "")
	}
	return &getParameterOutput{p}, nil
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
		if p, ok := find(c.Region, name); ok {
			out.Parameters = append(out.Parameters, p)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
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
	var names []string
	for _, name := range slices.Sorted(maps.Keys(compute.LatestImages(c.Region))) {
		rest, under := strings.CutPrefix(name, prefix)
		if under && (in.Recursive || !strings.Contains(rest, "/")) {
			names = append(names, name)
		}
	}
	names, next, err := pageOf(names, in.NextToken, in.MaxResults, 10)
	out := &getParametersByPathOutput{Parameters: []parameter{}, NextToken: next}
	for _, name := range names {
		p, _ := find(c.Region, name)
		out.Parameters = append(out.Parameters, p)
	}
	return out, err
}
