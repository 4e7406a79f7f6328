-- AlterTable
ALTER TABLE "User" ADD COLUMN "plan" TEXT NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");

-- DropTable
DROP TABLE "LegacyTicket";
