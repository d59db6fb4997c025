// Failure as a value, for everything that is not the data path (there, storage::Errc and SCSI
// status values are used): opening volumes, configuration, starting copies, management calls.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/invariant.h"

namespace tidemark {

/// The few kinds a caller acts on; the text is for people.
enum class ErrorKind {
  invalid,      // the request is wrong in itself: a field, a value, a format
  not_found,    // what it names does not exist
  conflict,     // it exists, but its state forbids this
  denied,       // not allowed for the one who asks
  unsupported,  // understood, but not offered here
  exhausted,    // no space, memory or slots
  io,           // a disk, file or socket failed
};

struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;  // one sentence without a full stop, in the asker's words
  std::string field;    // path of the faulty key ("volumes[0].size"), where there is one
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return ok(); }
  bool ok() const { return value_.has_value(); }

  T& value() & { return INVARIANT(ok()), *value_; }
  const T& value() const& { return INVARIANT(ok()), *value_; }
  T&& value() && { return INVARIANT(ok()), *std::move(value_); }
  const Error& error() const { return INVARIANT(!ok()), error_; }

 private:
  std::optional<T> value_;
  Error error_;  // means something only without a value
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return ok(); }
  bool ok() const { return !error_.has_value(); }
  const Error& error() const { return INVARIANT(!ok()), *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace tidemark
