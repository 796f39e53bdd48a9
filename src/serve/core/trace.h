#ifndef FROND_SRC_SERVE_CORE_TRACE_H_
#define FROND_SRC_SERVE_CORE_TRACE_H_

#include <string>
#include <string_view>

namespace frond::serve {

// Where a request stands among the calls that led to it, as W3C Trace Context has it
// (https://www.w3.org/TR/trace-context-1/): the trace is the client's where it sent one, the span is ours.
struct TraceContext {
  std::string trace_id;     // 32 hexadecimal digits
  std::string parent_span;  // 16 of them; empty: the trace begins here
  std::string span_id;      // 16
  bool sampled = false;     // the client records it

  // "00-<trace>-<span>-<flags>": what a next service is told, and the client in the answer.
  std::string ToTraceparent() const;
};

// Goes on where a traceparent header points, and begins a trace where it is empty or not valid (section 3.2.2: then it
// is as if there were none).
TraceContext ContinueTrace(std::string_view traceparent);

// 16 hexadecimal digits at random, never all zero.
std::string RandomId();

// The client's own request id where it can be repeated to logs and headers (1 to 128 of letters, digits, '.', '_', '-',
// ':'), else a random one.
std::string RequestIdFrom(std::string_view header);

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_CORE_TRACE_H_
