// Package http asks other hosts, as far as the operator granted it ([plugin.NAME.grant], http): inside callbacks, and GET and HEAD inside
// register.
//
//	answer, err := http.PostJSON("https://hooks.example.com/services/x", map[string]string{"text": "sh010 is approved"})
//	if err == nil && !answer.IsSuccess() {
//		err = fmt.Errorf("the chat answered %d", answer.Status)
//	}
//
// A redirect is an answer like any other: who follows it makes a new request, which is decided anew. Headers that the operator's line sets take
// the place of the plugin's. There is no timeout but the call's own deadline. It is not net/http, which brings its own way to the network, and
// megabytes with it.
package http

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/internal/core"
	handler "cuebox.dev/plugin/internal/imports/wasi_http_outgoing_handler"
	wire "cuebox.dev/plugin/internal/imports/wasi_http_types"
	streams "cuebox.dev/plugin/internal/imports/wasi_io_streams"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

const (
	// chunkBytes is what a stream takes at once.
	chunkBytes = 4096
	// readBytes is what is asked for at once of an answer; a host gives what there is.
	readBytes = 64 << 10
)

// Header is one header of a request or an answer.
type Header struct{ Name, Value string }

// Request is what Do asks. Only URL is needed.
type Request struct {
	// Method is GET if it is empty.
	Method  string
	URL     string
	Headers []Header
	Body    []byte
}

// Response is what another host answered, whole.
type Response struct {
	// Status is 200, 404, ...
	Status  int
	Headers []Header
	Body    []byte
}

// Header is the value of the first header of this name, in upper or lower case; empty if there is none.
func (r *Response) Header(name string) string {
	for _, header := range r.Headers {
		if strings.EqualFold(header.Name, name) {
			return header.Value
		}
	}
	return ""
}

// IsSuccess says whether the status is 2xx.
func (r *Response) IsSuccess() bool { return r.Status >= 200 && r.Status < 300 }

// JSON reads the body into a type of the plugin's own, or a map.
func (r *Response) JSON(into any) error { return json.Unmarshal(r.Body, into) }

// Get makes a GET request.
func Get(url string) (*Response, error) { return Do(Request{URL: url}) }

// PostJSON makes a POST request of a value in JSON.
func PostJSON(url string, value any) (*Response, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, &plugin.Invalid{What: fmt.Sprintf("the body cannot be written as JSON: %v", err)}
	}
	return Do(Request{Method: "POST", URL: url, Headers: []Header{{"content-type", "application/json"}}, Body: body})
}

// Do asks, and reads the whole answer, whatever its status. The error is *plugin.Denied if it is not granted (the plugin's log has the line to
// write), *plugin.Unreachable if there is no answer, *plugin.Limit if a limit of the host was reached.
func Do(request Request) (*Response, error) {
	if request.Method == "" {
		request.Method = "GET"
	}
	address, err := url.Parse(request.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, &plugin.Invalid{What: "the address of a request begins with http:// or https:// and a host"}
	}
	// What comes after the host can hold a secret.
	about := fmt.Sprintf("%s %s://%s", request.Method, address.Scheme, address.Host)
	outgoing, err := outgoingOf(about, request, address)
	if err != nil {
		return nil, err
	}
	incoming, err := send(about, outgoing, request.Body)
	core.ReadClock()
	if err != nil {
		return nil, err
	}
	defer incoming.Drop()
	return responseOf(about, incoming)
}

func outgoingOf(about string, request Request, address *url.URL) (*wire.OutgoingRequest, error) {
	var entries []witTypes.Tuple2[string, []uint8]
	for _, header := range request.Headers {
		entries = append(entries, witTypes.Tuple2[string, []uint8]{F0: header.Name, F1: []byte(header.Value)})
	}
	fields := wire.FieldsFromList(entries)
	if fields.IsErr() {
		return nil, &plugin.Invalid{What: about + ": a header cannot be sent"}
	}
	scheme := wire.MakeSchemeHttps()
	if address.Scheme == "http" {
		scheme = wire.MakeSchemeHttp()
	}
	outgoing := wire.MakeOutgoingRequest(fields.Ok())
	if outgoing.SetMethod(methodOf(request.Method)).IsErr() || outgoing.SetScheme(witTypes.Some(scheme)).IsErr() ||
		outgoing.SetAuthority(witTypes.Some(address.Host)).IsErr() ||
		outgoing.SetPathWithQuery(witTypes.Some(address.RequestURI())).IsErr() {
		outgoing.Drop()
		return nil, &plugin.Invalid{What: about + ": the method or the address is malformed"}
	}
	return outgoing, nil
}

func methodOf(name string) wire.Method {
	switch name {
	case "GET":
		return wire.MakeMethodGet()
	case "HEAD":
		return wire.MakeMethodHead()
	case "POST":
		return wire.MakeMethodPost()
	case "PUT":
		return wire.MakeMethodPut()
	case "DELETE":
		return wire.MakeMethodDelete()
	case "OPTIONS":
		return wire.MakeMethodOptions()
	case "PATCH":
		return wire.MakeMethodPatch()
	default:
		return wire.MakeMethodOther(name)
	}
}

func send(about string, outgoing *wire.OutgoingRequest, content []byte) (*wire.IncomingResponse, error) {
	body := outgoing.Body().Ok()
	sent := handler.Handle(outgoing, witTypes.None[*wire.RequestOptions]())
	if sent.IsErr() {
		body.Drop()
		return nil, failed(about, sent.Err())
	}
	future := sent.Ok()
	defer future.Drop()
	stream := body.Write().Ok()
	for len(content) > 0 {
		chunk := content[:min(chunkBytes, len(content))]
		content = content[len(chunk):]
		// A host that has refused the request takes no body for it; what it says of the request tells why.
		if written := stream.BlockingWriteAndFlush(chunk); written.IsErr() {
			dropError(written.Err())
			break
		}
	}
	stream.Drop()
	// The same: the answer tells.
	wire.OutgoingBodyFinish(body, witTypes.None[*wire.Fields]())
	ready := future.Subscribe()
	ready.Block()
	ready.Drop()
	answer := future.Get().Some().Ok()
	if answer.IsErr() {
		return nil, failed(about, answer.Err())
	}
	return answer.Ok(), nil
}

func responseOf(about string, incoming *wire.IncomingResponse) (*Response, error) {
	response := &Response{Status: int(incoming.Status())}
	fields := incoming.Headers()
	for _, entry := range fields.Entries() {
		response.Headers = append(response.Headers, Header{entry.F0, string(entry.F1)})
	}
	fields.Drop()
	body := incoming.Consume().Ok()
	defer body.Drop()
	stream := body.Stream().Ok()
	defer stream.Drop()
	for {
		read := stream.BlockingRead(readBytes)
		if read.IsOk() {
			response.Body = append(response.Body, read.Ok()...)
			continue
		}
		if reason := dropError(read.Err()); reason != "" {
			return nil, &plugin.Unreachable{What: about + ": " + reason}
		}
		return response, nil
	}
}

// dropError gives an error of a stream back to the host, and says what it was; nothing if the stream had ended.
func dropError(err streams.StreamError) string {
	if err.Tag() == streams.StreamError_Closed {
		return ""
	}
	held := err.LastOperationFailed()
	defer held.Drop()
	return held.ToDebugString()
}

// names are those of the cases of the contract, by their places.
var names = strings.Fields(`DNS-timeout DNS-error destination-not-found destination-unavailable destination-IP-prohibited
	destination-IP-unroutable connection-refused connection-terminated connection-timeout connection-read-timeout connection-write-timeout
	connection-limit-reached TLS-protocol-error TLS-certificate-error TLS-alert-received HTTP-request-denied HTTP-request-length-required
	HTTP-request-body-size HTTP-request-method-invalid HTTP-request-URI-invalid HTTP-request-URI-too-long HTTP-request-header-section-size
	HTTP-request-header-size HTTP-request-trailer-section-size HTTP-request-trailer-size HTTP-response-incomplete
	HTTP-response-header-section-size HTTP-response-header-size HTTP-response-body-size HTTP-response-trailer-section-size
	HTTP-response-trailer-size HTTP-response-transfer-coding HTTP-response-content-coding HTTP-response-timeout HTTP-upgrade-failed
	HTTP-protocol-error loop-detected configuration-error internal-error`)

func failed(about string, code wire.ErrorCode) error {
	said := about + ": " + names[code.Tag()]
	switch code.Tag() {
	case wire.ErrorCode_HttpRequestDenied, wire.ErrorCode_DestinationIpProhibited:
		return &plugin.Denied{What: said + "; the plugin's log has the line to write"}
	case wire.ErrorCode_ConnectionLimitReached, wire.ErrorCode_HttpRequestBodySize, wire.ErrorCode_HttpResponseBodySize:
		return &plugin.Limit{What: said}
	default:
		return &plugin.Unreachable{What: said}
	}
}
