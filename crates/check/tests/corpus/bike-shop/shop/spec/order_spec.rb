require "rails_helper"

RSpec.describe Order do
  it "has a total" do
    Order.new.total
  end

  xit "has a discount" do
    expect(Order.new.discount).to eq(0)
  end
end
