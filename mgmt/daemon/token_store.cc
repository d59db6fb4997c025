#include "mgmt/daemon/token_store.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "mgmt/daemon/atomic_file.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

constexpr std::string_view kPrefix = "tidemark_";
constexpr size_t kIdDigits = 16;
constexpr size_t kSecretDigits = 64;

template <class Bytes>
std::string hex_of(const Bytes& bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

std::string random_hex(size_t digits) {
  std::array<uint8_t, kSecretDigits / 2> bytes{};
  INVARIANT(RAND_bytes(bytes.data(), static_cast<int>(digits / 2)) == 1);
  return hex_of(bytes, digits / 2);
}

std::string hash_of(std::string_view secret) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  INVARIANT(EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr) ==
            1);
  return hex_of(digest, size);
}

struct Fresh {
  std::string id = random_hex(kIdDigits);
  std::string secret = random_hex(kSecretDigits);
  std::string token() const { return fmt::format("{}{}_{}", kPrefix, id, secret); }
};

}  // namespace

Result<std::unique_ptr<TokenStore>> TokenStore::open(StateStore& store,
                                                     const std::string& state_dir, Role anonymous) {
  std::unique_ptr<TokenStore> tokens(new TokenStore(store, anonymous));
  if (auto loaded = tokens->load(); !loaded) return loaded.error();
  if (tokens->entries_.empty())
    if (auto made = tokens->make_first(state_dir); !made) return made.error();
  return tokens;
}

Result<void> TokenStore::load() {
  return store_.run([this](Database& database) -> Result<void> {
    Statement query = database.prepare("SELECT id, name, role, hash, created FROM token");
    while (true) {
      const auto step = query.step();
      if (!step) return step.error();
      if (step.value() == Statement::Step::done) return {};
      // A role of a newer daemon allows nothing here.
      entries_[query.text(0)] = {query.text(1), role_named(query.text(2)).value_or(Role::none),
                                 query.text(3), static_cast<uint64_t>(query.number(4))};
    }
  });
}

// The file first: a token that is known to nobody would be worse than one that is not valid yet.
Result<void> TokenStore::make_first(const std::string& state_dir) {
  const Fresh fresh;
  const std::string file = state_dir + "/" + kFirstTokenFile;
  if (auto written = write_file_atomically(file, fresh.token() + "\n"); !written) return written;
  const Entry entry{"admin", Role::administrator, hash_of(fresh.secret), unix_now_ns()};
  if (auto kept = store_.run([&](Database& to) { return insert(to, fresh.id, entry); }); !kept)
    return kept;
  entries_[fresh.id] = entry;
  first_made_ = file;
  return {};
}

Result<void> TokenStore::insert(Database& database, const std::string& id, const Entry& entry) {
  return database.prepare("INSERT INTO token VALUES (?, ?, ?, ?, ?)")
      .bind(id)
      .bind(entry.name)
      .bind(name_of(entry.role))
      .bind(entry.hash)
      .bind(static_cast<int64_t>(entry.created_unix_ns))
      .run();
}

std::optional<Caller> TokenStore::caller_of(std::string_view token) const {
  if (!token.starts_with(kPrefix)) return std::nullopt;
  token.remove_prefix(kPrefix.size());
  if (token.size() != kIdDigits + 1 + kSecretDigits || token[kIdDigits] != '_') return std::nullopt;
  const std::string hash = hash_of(token.substr(kIdDigits + 1));
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(token.substr(0, kIdDigits));
  if (at == entries_.end() || at->second.hash.size() != hash.size()) return std::nullopt;
  if (CRYPTO_memcmp(at->second.hash.data(), hash.data(), hash.size()) != 0) return std::nullopt;
  return Caller{at->second.name, at->second.role};
}

std::vector<TokenView> TokenStore::tokens() const {
  const std::lock_guard lock(mutex_);
  std::vector<TokenView> views;
  for (const auto& [id, entry] : entries_)
    views.push_back({entry.name, entry.role, entry.created_unix_ns});
  return views;
}

void TokenStore::make_token(std::string name, Role role,
                            std::function<void(Result<TokenView>)> reply) {
  {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kTokensMax)
      return reply(Error{ErrorKind::exhausted, "there are as many tokens as there can be", {}});
    for (const auto& [id, entry] : entries_)
      if (entry.name == name)
        return reply(Error{ErrorKind::conflict, "there is a token of that name", "name"});
  }
  const Fresh fresh;
  const Entry entry{std::move(name), role, hash_of(fresh.secret), unix_now_ns()};
  // Names are unique in the database too, should two be made at once.
  store_.change([fresh, entry](Database& database) { return insert(database, fresh.id, entry); },
                [this, fresh, entry, reply = std::move(reply)](const Result<void>& kept) {
                  if (!kept) return reply(kept.error());
                  {
                    const std::lock_guard lock(mutex_);
                    entries_[fresh.id] = entry;
                  }
                  reply(TokenView{entry.name, entry.role, entry.created_unix_ns, fresh.token()});
                });
}

Result<std::string> TokenStore::id_to_revoke(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  size_t administrators = 0;
  std::string found;
  for (const auto& [id, entry] : entries_) {
    if (entry.role == Role::administrator) ++administrators;
    if (entry.name == name) found = id;
  }
  if (found.empty()) return Error{ErrorKind::not_found, "there is no token " + name, {}};
  if (entries_.at(found).role == Role::administrator && administrators == 1)
    return Error{ErrorKind::conflict, "it is the last one of an administrator", {}};
  return found;
}

void TokenStore::revoke_token(std::string name, std::function<void(Result<TokenView>)> reply) {
  const auto id = id_to_revoke(name);
  if (!id) return reply(id.error());
  store_.change(
      [id = id.value()](Database& database) {
        return database.prepare("DELETE FROM token WHERE id = ?").bind(id).run();
      },
      [this, id = id.value(), reply = std::move(reply)](const Result<void>& kept) {
        if (!kept) return reply(kept.error());
        TokenView view;
        {
          const std::lock_guard lock(mutex_);
          const auto at = entries_.find(id);
          if (at == entries_.end())
            return reply(Error{ErrorKind::not_found, "it has been revoked already", {}});
          view = {at->second.name, at->second.role, at->second.created_unix_ns};
          entries_.erase(at);
        }
        reply(view);
      });
}

}  // namespace tidemark::mgmt
