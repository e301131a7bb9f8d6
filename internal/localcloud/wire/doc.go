// Package wire turns requests of AWS SDKs into typed structs, calls operations, and turns what they return into
// replies. Each of AWS's protocols is a [Protocol] in a package of its own: query (EC2's and the other services'),
// awsjson, restxml, rpccbor. A [Service] says which ones it speaks. What they do is not its business.
//
// An operation is made with [Op] from a function that takes a struct and returns one. The fields of the request
// struct name parameters as the service's model does, whatever the protocol:
//
//	type createVpcInput struct {
//		CidrBlock string          `query:"CidrBlock,required"`
//		Tags      []TagSpec       `query:"TagSpecification"`           // a list: TagSpecification.1.…
//		_         wire.Only       `query:"InstanceTenancy" only:"default"`
//		Max       *int            `query:"MaxResults" min:"5" max:"1000"`
//		Domain    string          `query:"Domain" enum:"vpc|standard"`
//		Name      string          `query:"Name" min:"1" max:"32" pattern:"[a-z]+"`
//		IDs       []string        `query:"Id" max:"20" eachmin:"1"`
//		Zone      string          `query:"Id,required" rest:"path Id"` // REST-XML: see package restxml
//		Changes   []Change        `query:"Changes" item:"Change"`      // REST-XML: its elements, "-" if flattened
//	}
//
// min and max bound a number's value, or a string's or a list's length; each of these tags has a twin, such as
// eachmax, for the elements of a list of strings. What a service checks of one parameter by itself belongs in these
// tags, so that the documentation can show it; patterns are the service models' own, of the whole text. A field of
// type [Only] is accepted with the listed values and refused by name with others. Pointers tell absent from zero. A
// parameter that the struct doesn't list is refused by name, so nothing that a caller asks for is ever silently
// ignored.
//
// Fields of a reply have tags xml, json (CBOR uses them, too) and rest, as the service's protocols need them. Times are
// of type [Time].
//
// It has a little more than 1,500 lines because decoding, constraints and the bounds on what comes in share the tree of
// parameters.
package wire
