#include "target/chap.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "target/text.h"

namespace tidemark::target {
namespace {

constexpr ChapAlgorithmRow kAlgorithms[] = {
    {ChapAlgorithm::sha3_256, "SHA3-256", 32},
    {ChapAlgorithm::sha256, "SHA256", 32},
    {ChapAlgorithm::sha1, "SHA1", 20},
    {ChapAlgorithm::md5, "MD5", 16},
};

bool lists(std::string_view offer, ChapAlgorithm algorithm) {
  while (true) {
    const size_t comma = offer.find(',');
    const auto number = parse_number(offer.substr(0, comma));
    if (number && *number == static_cast<uint8_t>(algorithm)) return true;
    if (comma == std::string_view::npos) return false;
    offer.remove_prefix(comma + 1);
  }
}

}  // namespace

std::span<const ChapAlgorithmRow> chap_algorithms() {
  return kAlgorithms;
}

const ChapAlgorithmRow* choose_algorithm(std::string_view offer) {
  for (const ChapAlgorithmRow& row : kAlgorithms)
    if (lists(offer, row.algorithm)) return &row;
  return nullptr;
}

ChapResponse chap_response(const ChapAlgorithmRow& row, uint8_t identifier, const Secret& secret,
                           ConstBytes challenge) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest(
      EVP_MD_fetch(nullptr, row.digest, nullptr), EVP_MD_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  ChapResponse response;
  unsigned int length = 0;
  const bool good =
      digest && context && EVP_DigestInit_ex(context.get(), digest.get(), nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), &identifier, 1) == 1 &&
      EVP_DigestUpdate(context.get(), secret.bytes().data(), secret.bytes().size()) == 1 &&
      EVP_DigestUpdate(context.get(), challenge.data(), challenge.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), response.bytes.data(), &length) == 1;
  if (good) response.length = length;
  return response;
}

bool fill_random(std::span<uint8_t> bytes) {
  return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

}  // namespace tidemark::target
