#include "storage/errc.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace tidemark::storage {
namespace {

TEST(Errc, EveryOneHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Errc::no_resources); ++i)
    names.insert(name_of(static_cast<Errc>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(Errc::no_resources) + 1);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Errc, EioSaysWhichWay) {
  EXPECT_EQ(errc_of_errno(EIO, false), Errc::medium_read);
  EXPECT_EQ(errc_of_errno(EIO, true), Errc::medium_write);
}

TEST(Errc, AFullDiskIsNoSpace) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG})
    EXPECT_EQ(errc_of_errno(error, true), Errc::no_space);
}

TEST(Errc, AStoreThatWentAwayIsGone) {
  for (const int error : {ENXIO, ENODEV, ESTALE, EBADF, ETIMEDOUT})
    EXPECT_EQ(errc_of_errno(error, false), Errc::gone);
}

TEST(Errc, WhatIsForbiddenToWriteIsWriteProtected) {
  for (const int error : {EROFS, EPERM, EACCES})
    EXPECT_EQ(errc_of_errno(error, true), Errc::write_protected);
  EXPECT_EQ(errc_of_errno(EACCES, false), Errc::medium_read);
}

TEST(Errc, AShortageIsWorthAnotherTry) {
  for (const int error : {ENOMEM, EAGAIN})
    EXPECT_EQ(errc_of_errno(error, true), Errc::no_resources);
}

TEST(Errc, TheUnheardOfBlamesTheMedium) {
  EXPECT_EQ(errc_of_errno(EUCLEAN, false), Errc::medium_read);
  EXPECT_EQ(errc_of_errno(12345, true), Errc::medium_write);
  EXPECT_EQ(errc_of_errno(0, true), Errc::ok);
}

}  // namespace
}  // namespace tidemark::storage
