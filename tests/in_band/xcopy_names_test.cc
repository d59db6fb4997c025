// Which names an EXTENDED COPY list may give a LUN: those of its VPD page 83h, and only to who sees
// it (SPC-4 6.4.5.6).
#include <fmt/core.h>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

/// One designator, as the page has it.
struct Name {
  uint8_t code_set = 0;
  uint8_t type = 0;
  Bytes bytes;
};

class XcopyNames : public InBand {
 protected:
  /// Those of the logical unit itself.
  static std::vector<Name> names_in(const Bytes& page) {
    std::vector<Name> names;
    for (size_t at = 4; at + 4 <= page.size() && at + 4 + page[at + 3] <= page.size();
         at += 4u + page[at + 3]) {
      if ((page[at + 1] & 0x30) != 0) continue;
      const auto first = page.begin() + static_cast<ptrdiff_t>(at) + 4;
      names.push_back({static_cast<uint8_t>(page[at] & 0x0f),
                       static_cast<uint8_t>(page[at + 1] & 0x0f),
                       Bytes(first, first + page[at + 3])});
    }
    return names;
  }
  std::vector<Name> names_of(int lun) {
    return names_in(host_.send(lun, {0x12, 0x01, 0x83, 0x02, 0x00, 0x00}, {}, 512).data);
  }
  static void add(XcopyBytes& list, const Name& name) {
    Bytes cscd(32);
    cscd[0] = 0xe4;
    cscd[4] = name.code_set;
    cscd[5] = name.type;
    cscd[7] = static_cast<uint8_t>(name.bytes.size());
    std::ranges::copy(name.bytes, cscd.begin() + 8);
    list.cscds.push_back(std::move(cscd));
  }
  Ended copy_to(const Name& name, uint64_t lba) {
    XcopyBytes list;
    list.add_naa(host_.naa(kSource));
    add(list, name);
    list.add_blocks(0, 1, 0, lba, 8);
    return host_.extended_copy(list.build());
  }
};

TEST_F(XcopyNames, AllThatThePageHasAndADescriptorHasRoomFor) {
  uint64_t lba = 0;
  std::vector<int> types;
  for (Name name : names_of(kCopy)) {
    if (name.type == 8)  // without the zeroes that it ends with
      while (name.bytes.back() == 0) name.bytes.pop_back();
    if (name.bytes.size() > 20) continue;
    types.push_back(name.type);
    ASSERT_TRUE(copy_to(name, lba).good()) << int{name.type};
    EXPECT_EQ(host_.read(kCopy, lba * 512, 4096), first(0, 4096)) << int{name.type};
    lba += 8;
  }
  EXPECT_EQ(types, (std::vector<int>{3, 2, 1, 8}));
}

TEST_F(XcopyNames, OfALunThatTheAskerDoesNotSeeAreNobodys) {
  // The other target has a session of its own; its LUN is not in the map of this one.
  const auto naa = naa_elsewhere(daemon_);
  Name eui{1, 2, Bytes(naa.begin(), naa.end())};
  std::string text = fmt::format("naa.{:016X}", load_be64(naa.data()));
  for (const Name& name : {Name{1, 3, Bytes(naa.begin(), naa.end())}, eui,
                           Name{3, 8, Bytes(text.begin(), text.end())}})
    expect_error(copy_to(name, 0), 0x0a, 0x0d02, 16 + 32, 0);
}

TEST_F(XcopyNames, AreTakenAsTheyAreOrNotAtAll) {
  for (Name name : names_of(kCopy)) {
    if (name.type == 8)
      while (name.bytes.back() == 0) name.bytes.pop_back();
    if (name.bytes.size() > 20) continue;
    Name other = name;
    other.code_set = static_cast<uint8_t>(name.code_set % 3 + 1);
    expect_error(copy_to(other, 0), 0x0a, 0x0d02, 16 + 32, 0);
    other = name;
    other.bytes.pop_back();
    expect_error(copy_to(other, 0), 0x0a, 0x0d02, 16 + 32, 0);
    other = name;
    other.bytes.back() ^= 1;
    expect_error(copy_to(other, 0), 0x0a, 0x0d02, 16 + 32, 0);
  }
}

}  // namespace
}  // namespace tidemark::in_band
