// Tokens at rest, in use and revoked; the first one; the audit log's file.
#include "mgmt/daemon/token_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "mgmt/daemon/audit_file.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

mode_t mode_of(const std::string& file) {
  struct stat found {};
  EXPECT_EQ(stat(file.c_str(), &found), 0) << file;
  return found.st_mode & 0777;
}

class Tokens : public testing::Test {
 protected:
  void open() {
    tokens.reset();
    store.reset();
    store = std::move(StateStore::open(directory.path())).value();
    auto opened = TokenStore::open(*store, directory.path(), Role::viewer);
    ASSERT_TRUE(opened) << opened.error().message;
    tokens = std::move(opened).value();
  }
  void SetUp() override { open(); }
  Result<TokenView> make(const std::string& name, Role role) {
    std::promise<Result<TokenView>> made;
    tokens->make_token(name, role, [&](Result<TokenView> result) { made.set_value(result); });
    return made.get_future().get();
  }
  Result<TokenView> revoke(const std::string& name) {
    std::promise<Result<TokenView>> done;
    tokens->revoke_token(name, [&](Result<TokenView> result) { done.set_value(result); });
    return done.get_future().get();
  }
  std::string first() const {
    std::string token = text_of(directory.path() + "/admin.token");
    token.pop_back();
    return token;
  }

  TemporaryDirectory directory;
  std::unique_ptr<StateStore> store;
  std::unique_ptr<TokenStore> tokens;
};

TEST_F(Tokens, TheFirstIsAnAdministratorsInAFileOfTheOwner) {
  EXPECT_EQ(mode_of(directory.path() + "/admin.token"), 0600);
  const auto caller = tokens->caller_of(first());
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, Role::administrator);
  const std::string before = first();
  open();
  EXPECT_EQ(first(), before);
  EXPECT_TRUE(tokens->caller_of(before));
}

TEST_F(Tokens, OneIsKnownUntilItIsRevoked) {
  const auto made = make("ci", Role::operator_);
  ASSERT_TRUE(made);
  EXPECT_EQ(tokens->caller_of(made.value().secret)->name, "ci");
  open();
  EXPECT_EQ(tokens->caller_of(made.value().secret)->role, Role::operator_);
  ASSERT_TRUE(revoke("ci"));
  EXPECT_FALSE(tokens->caller_of(made.value().secret));
  open();
  EXPECT_FALSE(tokens->caller_of(made.value().secret));
  EXPECT_EQ(revoke("ci").error().kind, ErrorKind::not_found);
}

TEST_F(Tokens, NoSecretIsAtRest) {
  const auto made = make("ci", Role::viewer);
  const std::string secret = made.value().secret.substr(made.value().secret.rfind('_') + 1);
  EXPECT_EQ(secret.size(), 64u);
  tokens.reset();
  store.reset();
  for (const char* file : {"/state.db", "/state.db-wal"})
    EXPECT_EQ(text_of(directory.path() + file).find(secret), std::string::npos);
  store = std::move(StateStore::open(directory.path())).value();
}

TEST_F(Tokens, WhatIsNearlyOneIsNone) {
  const std::string token = first();
  EXPECT_FALSE(tokens->caller_of(""));
  EXPECT_FALSE(tokens->caller_of(token.substr(1)));
  EXPECT_FALSE(tokens->caller_of(token + "0"));
  for (const size_t at : {size_t{0}, token.find('_') + 1, token.rfind('_'), token.size() - 1}) {
    std::string other = token;
    other[at] = other[at] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(tokens->caller_of(other)) << at;
  }
}

TEST_F(Tokens, NamesAreUniqueAndTheLastAdministratorStays) {
  EXPECT_EQ(make("admin", Role::viewer).error().field, "name");
  EXPECT_EQ(revoke("admin").error().kind, ErrorKind::conflict);
  ASSERT_TRUE(make("other", Role::administrator));
  EXPECT_TRUE(revoke("admin"));
  EXPECT_EQ(tokens->tokens().size(), 1u);
}

TEST(AuditFile, IsLinesOfJsonForItsOwner) {
  TemporaryDirectory directory;
  auto log = std::move(AuditFile::open(directory.path())).value();
  AuditEntry entry;
  entry.target = "/x";
  entry.who = "ci";
  entry.request = R"({"a": 1})";
  entry.answer = "no json";
  log->write(entry);
  log->write({});
  const std::string file = directory.path() + "/audit.log";
  EXPECT_EQ(mode_of(file), 0600);
  std::istringstream lines(text_of(file));
  std::string line;
  std::getline(lines, line);
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(first["token"], "ci");
  EXPECT_EQ(first["request"]["a"], 1);
  EXPECT_EQ(first["answer"], "no json");
  std::getline(lines, line);
  const auto second = nlohmann::json::parse(line);
  EXPECT_TRUE(second["token"].is_null());
  EXPECT_TRUE(second["request"].is_null());
}

TEST(AuditFile, IsCutAtItsSizeAndKeepsTheOneBefore) {
  TemporaryDirectory directory;
  const std::string file = directory.path() + "/audit.log";
  std::ofstream(file) << std::string(AuditFile::kBytesMax - 10, 'x');
  auto log = std::move(AuditFile::open(directory.path())).value();
  log->write({});
  EXPECT_EQ(text_of(file + ".1").size(), AuditFile::kBytesMax - 10);
  EXPECT_LT(text_of(file).size(), 1000u);
}

}  // namespace
}  // namespace tidemark::mgmt
