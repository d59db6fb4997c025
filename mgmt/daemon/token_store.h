// TokenStore: the bearer tokens of the management port, in the state database: of each its name,
// its role and a hash of its secret. The secret is shown once, when the token is made.
//
// A token is "tidemark_ID_SECRET": the id finds the row, the secret (256 random bits) is compared
// by its SHA-256. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "mgmt/daemon/state_store.h"
#include "mgmt/http/authority.h"

namespace tidemark::mgmt {

class TokenStore final : public Authority {
 public:
  static constexpr size_t kTokensMax = 256;
  /// In the state directory: the first token, of an administrator, for whoever may read it.
  static constexpr const char* kFirstTokenFile = "admin.token";

  /// Blocking. Where there is no token yet, the first one is made, and written to its file (mode
  /// 0600). `store` outlives this.
  static Result<std::unique_ptr<TokenStore>> open(StateStore& store, const std::string& state_dir,
                                                  Role anonymous);

  /// The file of the first token, if it has just been made; else empty.
  const std::string& first_made() const { return first_made_; }

  std::optional<Caller> caller_of(std::string_view token) const override;
  Role anonymous() const override { return anonymous_; }
  std::vector<TokenView> tokens() const override;
  void make_token(std::string name, Role role,
                  std::function<void(Result<TokenView>)> reply) override;
  /// Not the last one of an administrator: nobody could make another.
  void revoke_token(std::string name, std::function<void(Result<TokenView>)> reply) override;

 private:
  struct Entry {
    std::string name;
    Role role = Role::none;
    std::string hash;  // hexadecimal
    uint64_t created_unix_ns = 0;
  };

  TokenStore(StateStore& store, Role anonymous) : store_(store), anonymous_(anonymous) {}
  Result<void> load();
  Result<void> make_first(const std::string& state_dir);
  static Result<void> insert(Database& database, const std::string& id, const Entry& entry);
  Result<std::string> id_to_revoke(const std::string& name) const;

  StateStore& store_;
  const Role anonymous_;
  std::string first_made_;
  mutable std::mutex mutex_;                           // entries_
  std::map<std::string, Entry, std::less<>> entries_;  // by id
};

}  // namespace tidemark::mgmt
