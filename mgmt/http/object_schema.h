// The JSON Schema of what a decoder accepts, found out by running the decoder itself: while
// accepted_by() is under way, every ObjectReader of this thread notes what it is asked for. So the
// document and the check cannot differ.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::mgmt {

/// `decode` is called with an empty object; whatever it returns is of no interest. It must ask for
/// all keys it knows, whichever are there.
nlohmann::ordered_json accepted_by(const std::function<void(const nlohmann::json&)>& decode);

/// Where an ObjectReader notes its keys. Does nothing unless a description is under way.
class SchemaNotes {
 public:
  /// Of the reader being constructed: takes over as the object that is described now, if any is.
  SchemaNotes();

  void text(std::string_view key, bool required);
  void flag(std::string_view key);
  void number(std::string_view key, bool required, uint64_t min, uint64_t max);
  void size(std::string_view key, bool required);
  void word(std::string_view key, const std::vector<std::string>& words);
  /// True if an inner object must be read for its description, though there is none.
  bool described() const { return object_ != nullptr; }
  /// `read` is given an empty object, and makes a reader of it.
  void object(std::string_view key, const std::function<void(const nlohmann::json&)>& read);
  void list(std::string_view key, bool required,
            const std::function<void(const nlohmann::json&)>& read);

 private:
  void note(std::string_view key, bool required, nlohmann::ordered_json schema);

  nlohmann::ordered_json* object_;
};

}  // namespace tidemark::mgmt
