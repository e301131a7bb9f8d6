// Package wire is the protocol of the local cloud and nothing else: it decodes the
// request of an AWS SDK into a typed struct, calls the operation, and encodes the
// reply or the refusal. It speaks three of AWS's protocols: ec2query, query (ELBv2,
// IAM, STS) and awsjson 1.1 (SSM). What an operation does is no business of this
// package.
//
// An operation is made with [Op] from a function that takes a struct and returns
// one. The fields of the request struct name the wire's parameters:
//
//	type createVpcInput struct {
//		CidrBlock string          `query:"CidrBlock,required"`
//		Tags      []TagSpec       `query:"TagSpecification"`           // a list: TagSpecification.1.…
//		_         wire.Only       `query:"InstanceTenancy" only:"default"`
//		Max       *int            `query:"MaxResults" min:"5" max:"1000"`
//		Domain    string          `query:"Domain" enum:"vpc|standard"`
//		Name      string          `query:"Name" min:"1" max:"32" pattern:"[a-z]+"`
//		IDs       []string        `query:"Id" max:"20" eachmin:"1"`
//	}
//
// min and max bound a number's value, or a string's or a list's length; each of these
// tags has a twin, such as eachmax, for the elements of a list of strings. What a service
// checks of one parameter by itself belongs into these tags, so that the documentation
// can show it; patterns are the service models' own, of the whole text. A field of
// type [Only] is accepted with the listed values and refused by name with others.
// Pointers tell absent from zero. A parameter that the struct doesn't list is
// refused by name, so nothing that a caller asks for is ever silently ignored.
package wire
