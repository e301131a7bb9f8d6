package services_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

const latest = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

func newSSMClient(t *testing.T) *sdk.Client {
	t.Helper()
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
}

func TestGetParameter_FindsImages(t *testing.T) {
	client := newSSMClient(t)
	one, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String(latest)})
	if err != nil {
		t.Fatal(err)
	}
	image, err := compute.FindImage("eu-west-1", *one.Parameter.Value)
	if err != nil || image.Architecture != "x86_64" || image.Created != one.Parameter.LastModifiedDate.UTC().Format("2006-01-02T15:04:05.000Z") {
		t.Fatalf("%v: parameter %+v of image %+v", err, one.Parameter, image)
	}
	some, err := client.GetParameters(t.Context(), &sdk.GetParametersInput{Names: []string{latest, "/no", latest + ":99"}})
	if err != nil || len(some.Parameters) != 1 || !slices.Equal(some.InvalidParameters, []string{"/no", latest + ":99"}) {
		t.Fatalf("%v: %+v", err, some)
	}
	var names []string
	for p := sdk.NewGetParametersByPathPaginator(client, &sdk.GetParametersByPathInput{Path: aws.String("/aws/service/ami-amazon-linux-latest"), MaxResults: aws.Int32(3)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range page.Parameters {
			names = append(names, *found.Name)
		}
	}
	if len(names) != len(compute.LatestImages("eu-west-1")) || !slices.IsSorted(names) {
		t.Fatalf("names %v", names)
	}
	above, err := client.GetParametersByPath(t.Context(), &sdk.GetParametersByPathInput{Path: aws.String("/aws/service")})
	if err != nil || len(above.Parameters) != 0 {
		t.Fatalf("not recursive: %v, %+v", err, above.Parameters)
	}
}

func TestGetParameter_RefusesUnknown(t *testing.T) {
	client := newSSMClient(t)
	_, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String("/mine")})
	var notFound *types.ParameterNotFound
	if !errors.As(err, &notFound) {
		t.Fatalf("got %v", err)
	}
	const amazonLinux2 = "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2"
	_, one := client.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String(amazonLinux2)})
	_, some := client.GetParameters(t.Context(), &sdk.GetParametersInput{Names: []string{latest, amazonLinux2}})
	_, path := client.GetParametersByPath(t.Context(), &sdk.GetParametersByPathInput{Path: aws.String("/aws/service/ecs")})
	_, all := client.GetParametersByPath(t.Context(), &sdk.GetParametersByPathInput{Path: aws.String("/aws/service"), Recursive: aws.Bool(true)})
	for _, err := range []error{one, some, path, all} {
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "NotSimulated" {
			t.Errorf("what AWS has and isn't here: got %v", err)
		}
	}
}

func TestGetParameter_HasEveryVersion(t *testing.T) {
	client := newSSMClient(t)
	versions := compute.ImageVersions("eu-west-1", latest)
	for i, image := range versions {
		got, err := client.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String(fmt.Sprintf("%s:%d", latest, i+1))})
		if err != nil || *got.Parameter.Value != image.ID || got.Parameter.Version != int64(i+1) {
			t.Errorf("version %d: %v, %+v", i+1, err, got)
		}
	}
	if len(versions) < 2 {
		t.Errorf("%d versions", len(versions))
	}
}
